"""The catalogue: offers.yml -> offers.catalogue, one row per offer (template x target x depth)."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from offermill import yamlfile
from offermill.errors import ConfigError
from offermill.money import to_minor, to_text
from offermill.run import Run
from offermill.settings import Settings, ShopSettings
from offermill.settings_texts import TextSettings
from offermill.warehouse import Warehouse
from offers import beside, limit_checks, tables, text_checks, wording
from offers.catalogue_checks import catalogue_problems
from offers.offer import Offer, TargetItem, of_template
from offers.problems import Lines, Problem, Where, raise_for
from offers.schema import LANGUAGES, Catalogue, Template
from offers.targets import target_items

# Stands for the targets when offers.yml is checked before any product has been delivered.
_STAND_IN = TargetItem(target_id="x", name="X")
# What earlier nights left; the first night finds them empty.
_HISTORIES = (
    "offers.decision_history",
    "offers.propensity_history",
    "offers.ledger_entry",
    "offers.reservation",
)
# Any date does: texts and money are checked, and they do not depend on it.
_ANY_NIGHT = date(2000, 1, 1)
_USUAL = TextSettings()


def read(path: Path, shop: ShopSettings, said: TextSettings = _USUAL) -> Catalogue:
    """Return the catalogue in offers.yml, checked as far as it can be without the warehouse.

    Args:
        said: what the shop says of texts: how many words terms may have.

    Raises:
        ConfigError: every problem with file, line, key and what to do.
    """
    return read_with_lines(path, shop, said)[0]


def check(path: Path, chosen: Settings) -> str:
    """Return what offers.yml holds, in a line, when nothing is wrong with it.

    Raises:
        ConfigError: every problem with file, line, key and what to do.
    """
    catalogue = read(path, chosen.shop, chosen.texts)
    budget = f"{catalogue.budget.amount} {chosen.shop.currency} a {catalogue.budget.period}"
    counts = f"{len(catalogue.campaigns)} campaigns, {len(catalogue.templates)} templates"
    return f"{counts}, budget {budget}, sign-off {catalogue_hash(catalogue)[:12]}"


def read_with_lines(path: Path, shop: ShopSettings, said: TextSettings) -> tuple[Catalogue, Lines]:
    """Return the catalogue as `read` does, and the line of every key."""
    values, lines = yamlfile.load(path)
    catalogue = yamlfile.validate_values(Catalogue, values, lines, path)
    raise_for(catalogue_problems(catalogue, shop.currency_digits), lines, path.name)
    offers = stand_ins(catalogue, shop)
    raise_for(_offer_problems(catalogue, offers, shop, said), lines, path.name)
    return catalogue, lines


def stand_ins(catalogue: Catalogue, shop: ShopSettings, night: date = _ANY_NIGHT) -> list[Offer]:
    """Return every offer, by id, with a stand-in for targets that only the shop's products name."""
    items = [(_stand_in(template),) for template in catalogue.templates]
    return expand(catalogue, items, night=night, digits=shop.currency_digits)


def _stand_in(template: Template) -> TargetItem:
    if template.target.kind == "basket":
        return TargetItem()
    return TargetItem(template.target.kind, _STAND_IN.target_id, _STAND_IN.name)


def expand(catalogue: Catalogue, items: Sequence[Sequence[TargetItem]], *, night: date, digits: int) -> list[Offer]:
    """Return every offer, by id; `items` holds the targets of each template in turn."""
    offers = [
        of_template(catalogue, template, item, depth, night=night, digits=digits)
        for template, targets in zip(catalogue.templates, items, strict=True)
        for item in targets
        for depth in template.depths or (None,)
    ]
    return sorted(offers, key=lambda offer: offer.offer_id)


def catalogue_hash(catalogue: Catalogue) -> str:
    """Return SHA-256 of the catalogue's canonical form: what it says, whatever its order of keys and comments."""
    canonical = catalogue.model_dump(mode="json", exclude={"sign_off"})
    text = json.dumps(canonical, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


Said = dict[str, dict[str, str | None]]


def told(catalogue: Catalogue, shop: ShopSettings, said: TextSettings) -> dict[str, Said]:
    """Return what customers are told, as `texts`, `use`, `terms` and `terms_url`: offer -> language -> text.

    Texts and terms stand with their placeholders; what an offer does not say is None.
    """
    offers = stand_ins(catalogue, shop)
    makers: dict[str, Callable[[Offer, str], str | None]] = {
        "texts": wording.pattern,
        "use": lambda offer, language: beside.how_to_use(offer, language, said),
        "terms": lambda offer, language: offer.terms.of(language) if offer.terms else None,
        "terms_url": lambda offer, language: beside.terms_url(offer, language, said),
    }
    return {
        name: {one.offer_id: {language: maker(one, language) for language in LANGUAGES} for one in offers}
        for name, maker in makers.items()
    }


def _offer_problems(
    catalogue: Catalogue, offers: list[Offer], shop: ShopSettings, said: TextSettings
) -> Iterator[Problem]:
    yield from _sign_off_problems(catalogue)
    yield from _same_id_problems(catalogue, offers)
    yield from _budget_problems(catalogue, offers, shop)
    yield from limit_checks.too_small(catalogue, offers, shop.currency_digits)
    for offer in offers:
        where = _where(catalogue, offer)
        for language in LANGUAGES:
            for message in text_checks.problems(offer, language, shop.currency):
                yield Problem((*where, "texts", language), message)
            for message in text_checks.terms_problems(
                offer, language, shop.currency, said.terms_words_max, _counts(_template(catalogue, offer))
            ):
                yield Problem((*_terms_place(catalogue, offer), language), message)


def _template(catalogue: Catalogue, offer: Offer) -> Template:
    return next(template for template in catalogue.templates if template.id == offer.template_id)


def _terms_place(catalogue: Catalogue, offer: Offer) -> Where:
    """Return where the offer's terms are written: at its template, or once for all offers."""
    own = _template(catalogue, offer).terms is not None
    return (*_where(catalogue, offer), "terms") if own else ("terms",)


def _counts(template: Template) -> dict[str, int]:
    """Return the figures of a rule that its terms may name, beside those of its sentence."""
    cap = template.per_person
    found = {
        "pieces": template.pieces,
        "minimum_orders": template.audience.minimum_orders or None,
        "per_person.times": cap.times if cap else None,
        "per_person.days": cap.days if cap else None,
    }
    return {name: count for name, count in found.items() if count is not None}


def _where(catalogue: Catalogue, offer: Offer) -> Where:
    ids = [template.id for template in catalogue.templates]
    return ("templates", ids.index(offer.template_id))


def _sign_off_problems(catalogue: Catalogue) -> Iterator[Problem]:
    found = catalogue_hash(catalogue)
    if catalogue.sign_off is not None and catalogue.sign_off != found:
        yield Problem(
            ("sign_off",),
            f"the catalogue was changed after the sign-off; have it checked again and write {found}",
        )


def _same_id_problems(catalogue: Catalogue, offers: list[Offer]) -> Iterator[Problem]:
    for earlier, later in pairwise(offers):
        if earlier.offer_id == later.offer_id:
            yield Problem(
                (*_where(catalogue, later), "id"),
                f"the templates {earlier.template_id!r} and {later.template_id!r} both make the offer "
                f"{later.offer_id!r}; rename one",
            )


def _budget_problems(catalogue: Catalogue, offers: list[Offer], shop: ShopSettings) -> Iterator[Problem]:
    cap = to_minor(catalogue.budget.amount, shop.currency_digits)
    cheapest = min(offers, key=lambda offer: (offer.max_cost_minor, offer.offer_id))
    if 0 < cap < cheapest.max_cost_minor:
        yield Problem(
            ("budget", "amount"),
            f"{catalogue.budget.amount} pays for no offer: the cheapest, {cheapest.offer_id}, can cost "
            f"{to_text(cheapest.max_cost_minor, shop.currency_digits)}; write 0 to make none",
        )


def below_cost_reason(offer: Offer, allowed: str | None) -> str | None:
    """Return why the offer would sell its target below cost on average, or None.

    The goods' cost share of their list price is set against what the deepest use of the offer leaves of it.
    """
    cost_share, given = offer.target.cost_share, _given_share(offer)
    if allowed is not None or cost_share is None or given is None or given + cost_share <= 1:
        return None
    return (
        f"sells below cost: the goods cost {_percent(cost_share)} of their list price, "
        f"the offer leaves {_percent(1 - given)}"
    )


def _given_share(offer: Offer) -> Fraction | None:
    if offer.depth_pct is not None:
        return Fraction(offer.depth_pct, 100)
    if offer.threshold_minor is None:
        return None
    return Fraction(offer.max_cost_minor, offer.threshold_minor)


def _percent(share: Fraction) -> str:
    return f"{float(share):.1%}"


def row(catalogue: Catalogue, offer: Offer, shop: ShopSettings, said: TextSettings = _USUAL) -> dict[str, object]:
    """Return the offer as a row of offers.catalogue."""
    template = _template(catalogue, offer)
    cost, audience, person = offer.max_cost_minor, template.audience, template.per_person
    same = {name: getattr(offer, name) for name in tables.columns("offers.catalogue") if hasattr(offer, name)}
    return {
        **same,
        **beside.columns(offer, shop.currency, said),
        "target_kind": offer.target.kind,
        "target_id": offer.target.target_id,
        "target_name": offer.target.name,
        "point_value_minor": cost if offer.kind == "points" else None,
        "gift_cost_minor": cost if offer.kind == "gift" else None,
        "delivery_cost_minor": cost if offer.kind == "delivery" else None,
        "channels": ",".join(offer.channels),
        "is_age_restricted": offer.target.is_age_restricted,
        "is_web_only": offer.kind == "delivery",
        "required_segments": ",".join(audience.segments),
        "excluded_segments": ",".join(audience.excluded_segments),
        "minimum_orders": audience.minimum_orders,
        "budget_share": template.budget_share,
        "funder": template.funder,
        "never_with": ",".join(template.never_with),
        "only_after": ",".join(template.only_after),
        "person_times": person.times if person else None,
        "person_days": person.days if person else None,
        "person_period": person.period if person else None,
        "below_cost_reason": below_cost_reason(offer, template.allow_below_cost),
        "catalogue_hash": catalogue_hash(catalogue),
    }


def load_catalogue(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Step: write offers.catalogue for the night, and make sure that the histories are there to be read.

    Raises:
        ConfigError: offers.yml cannot be meant as written, or names a category, product or segment the shop lacks.
    """
    shop, said = run.settings.shop, run.settings.texts
    catalogue, lines = read_with_lines(run.catalogue, shop, said)
    items, problems = target_items(warehouse, run, catalogue)
    raise_for(problems, lines, run.catalogue.name)
    offers = expand(catalogue, items, night=run.business_date, digits=shop.currency_digits)
    raise_for(_same_id_problems(catalogue, offers), lines, run.catalogue.name)
    known = {"offer": [offer.offer_id for offer in offers]}
    raise_for(limit_checks.unknown_names(catalogue, known), lines, run.catalogue.name)
    if not offers:
        raise ConfigError(f"{run.catalogue.name}: no template makes an offer: the shop has no category with sales yet.")
    rows = [row(catalogue, offer, shop, said) for offer in offers]
    warehouse.write("offers.catalogue", pa.Table.from_pylist(rows, schema=tables.schema("offers.catalogue")))
    for history in _HISTORIES:
        tables.create_if_missing(warehouse, history)
    return {"offers": len(rows), "catalogue_hash": catalogue_hash(catalogue), "tonight": _valid(offers, run)}


def _valid(offers: list[Offer], run: Run) -> int:
    tomorrow = run.business_date + timedelta(days=1)
    return sum(offer.valid_from <= tomorrow <= offer.valid_until for offer in offers)
