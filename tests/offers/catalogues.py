"""Small catalogues for tests."""

from pathlib import Path

from offermill.settings import ShopSettings

SHOP = ShopSettings(id="test", name="Test", time_zone="Europe/Riga")

HEAD = """\
budget: {amount: "100.00", period: night}
point_value: "0.01"
campaigns:
  - {id: summer, name: Summer, valid_days: 28, channels: [email]}
templates:
"""


PERCENT = 'id: t, campaign: summer, kind: percent, depths: [10], max_discount: "5.00"'
AMOUNT = 'id: t, campaign: summer, kind: amount, depths: ["5.00"], threshold: "40.00"'


def written(folder: Path, text: str) -> Path:
    path = folder / "offers.yml"
    path.write_text(text, encoding="utf-8")
    return path


def template(body: str) -> str:
    """Return a catalogue whose template stands on line 6."""
    return HEAD + f"  - {{{body}}}\n"
