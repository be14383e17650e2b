"""Who the customer is: snapshots, identity and segments that SQL cannot say well."""
