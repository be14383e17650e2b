"""From a shop's folder to its preview: the catalogue as it stands, with the names that the warehouse holds."""

from datetime import date

from offermill import publish
from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import approval, catalogue
from offers.offer import Offer
from offers.preview import texts
from offers.preview.names import InData, in_data
from offers.problems import raise_for
from offers.schema import LANGUAGES, Catalogue
from offers.targets import target_items


def of_shop(shop: ShopPaths, night: date | None = None) -> texts.Preview:
    """Return the preview of offers.yml as it stands; `night` is the newest published one unless said.

    Raises:
        ConfigError: the catalogue is wrong, or no night is published and none was said.
        WarehouseError: a night that is running holds the warehouse.
    """
    run = Run.of(shop.folder, night or _newest(shop))
    chosen = run.settings
    said, lines = catalogue.read_with_lines(shop.catalogue, chosen.shop, chosen.texts)
    has_data, found, offers = False, InData(), catalogue.stand_ins(said, chosen.shop, run.business_date)
    if shop.warehouse.is_file():
        with Warehouse.open(shop.warehouse, read_only=True) as warehouse:
            if warehouse.exists("core.purchase_line"):
                items, problems = target_items(warehouse, run, said)
                raise_for(problems, lines, shop.catalogue.name)
                offers = catalogue.expand(said, items, night=run.business_date, digits=chosen.shop.currency_digits)
                has_data, found = True, in_data(warehouse, run)
    languages = sorted(LANGUAGES, key=lambda language: language != chosen.shop.default_language)
    version = approval.version_hash(approval.version(said, chosen))
    everything = texts.shown(_in_order(said, offers), found, languages, chosen)
    return texts.Preview(chosen.shop.name, run.business_date, version, has_data, tuple(everything))


def _newest(shop: ShopPaths) -> date:
    editions = publish.editions(shop.exports)
    if not editions:
        raise ConfigError(
            f"{shop.folder}: no night is published yet, so texts have no dates; say the night with --date YYYY-MM-DD."
        )
    return date.fromisoformat(editions[-1][:10])


def _in_order(said: Catalogue, offers: list[Offer]) -> list[Offer]:
    """Return the offers in the order of their templates in offers.yml."""
    place = {template.id: number for number, template in enumerate(said.templates)}
    return sorted(offers, key=lambda offer: (place[offer.template_id], offer.depth_pct or 0, offer.offer_id))
