"""The demo shop: a seeded retailer whose true offer effects are known, to try and to test Offermill on.

``shop.make`` writes two years of source files under ``landing/`` and the truth beside them under ``truth/``;
``play.play_on`` writes the next days, given a published offer list; ``truth.effects`` answers what an offer
really changes. No step of the pipeline reads ``truth/``.
"""
