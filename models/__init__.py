"""What a customer is likely to do, and what an offer would change: training, scoring, evaluation, registry."""
