"""Offers: the catalogue, who may get what, who gets what, and how it is said."""
