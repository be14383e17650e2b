"""The downloads portal: publications by role, over HTTP. It reads what was published and never the warehouse."""
