"""Offermill's machinery: it loads, checks, runs and publishes, and knows no customer and no offer."""
