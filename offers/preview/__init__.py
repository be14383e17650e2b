"""`offermill preview`: every text of every offer as customers will see it, before anybody signs."""
