"""Example shops: the synthetic demo and real grocery data, and the check of any shop's folder."""

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path

from offermill import expectations, flows, paths, publish, settings
from offermill.errors import ConfigError, PublishError
from offermill.paths import ShopPaths
from offermill.yamlfile import nearest

TEMPLATES = {"demo": paths.ROOT / "shop", "completejourney": paths.ROOT / "shops" / "completejourney"}
Progress = Callable[[str], None]


def _template(name: str) -> Path:
    if name not in TEMPLATES:
        raise ConfigError(
            f"{name}: no such example.{nearest(name, TEMPLATES)} There are: {', '.join(sorted(TEMPLATES))}."
        )
    return TEMPLATES[name]


def copy(name: str, folder: Path) -> list[str]:
    """Copy an example's settings into `folder`, never over files that stand there; return the names written.

    Raises:
        ConfigError: unknown example, or the folder holds a shop already.
    """
    template = _template(name)
    taken = [path.name for path in template.iterdir() if (folder / path.name).exists()]
    if taken:
        raise ConfigError(f"{folder}: holds {', '.join(sorted(taken))} already; choose another folder or remove them.")
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(template.iterdir()):
        shutil.copyfile(path, folder / path.name)
    return sorted(path.name for path in template.iterdir())


def make(
    name: str, folder: Path, *, customers: int, seed: int, progress: Progress, is_cold: bool = False
) -> dict[str, object]:
    """Make an example shop with source files; the same arguments leave a shop that stands as it is.

    A cold demo shop has no past pilot: nothing is known of what its offers change.

    Raises:
        ConfigError: the folder holds something else.
    """
    wanted = {"example": name, "customers": customers, "seed": seed} | ({"is_cold": True} if is_cold else {})
    note = folder / "landing" / "made.json"
    if note.is_file() and json.loads(note.read_text(encoding="utf-8")) == wanted:
        return {**wanted, "note": "stands already; delete the folder to make it anew"}
    if not ShopPaths(folder).settings.is_file():
        copy(name, folder)
    if any((folder / "landing").glob("*/*")):
        raise ConfigError(f"{folder / 'landing'}: holds other files; choose another folder or remove them.")
    made = _land(name, folder, customers, seed, progress, is_cold)
    note.write_text(json.dumps(wanted, sort_keys=True) + "\n", encoding="utf-8")
    return {**wanted, **made}


def _land(name: str, folder: Path, customers: int, seed: int, progress: Progress, is_cold: bool) -> dict[str, object]:
    if name == "demo":
        made: dict[str, object] = import_module("offermill.synthetic.shop").make(
            folder, customers=customers, seed=seed, pilot=not is_cold, progress=progress
        )
        return made
    landed: dict[str, object] = import_module("offermill.completejourney").land(folder, progress=progress)
    return landed


def play(folder: Path, day: date, days: int) -> dict[str, object]:
    """Land the next `days` days of a demo shop, whose customers answer the decisions published for `day`.

    Of several editions of the night the newest counts, with the catalogue that it was published with.

    Raises:
        ConfigError: the shop is no demo shop.
        PublishError: nothing is published for that date.
    """
    if not (folder / "truth").is_dir():
        raise ConfigError(f"{folder}: is no demo shop (it has no truth/); only a demo shop can be played on.")
    exports = ShopPaths(folder).exports
    edition = publish.edition_name(day, max(publish.newest_version(exports, day), 1))
    audit = exports / edition / "audit"
    if not (audit / "decisions.parquet").is_file():
        raise PublishError(f"{day}: nothing is published for this date in {exports / edition}; run the night first.")
    player, menus = (import_module(f"offermill.synthetic.{name}") for name in ("play", "offers"))
    played: dict[str, object] = player.play_on(
        folder,
        audit / "decisions.parquet",
        start=day + timedelta(days=1),
        days=days,
        menu=menus.Menu.of_file(audit / "catalogue.parquet"),
    )
    return played


def check(folder: Path) -> dict[str, str]:
    """Return what was found in order: settings, catalogue, channels, contracts, promises, SQL.

    Raises:
        ConfigError: the first file with problems, all of its problems listed.
    """
    shop = ShopPaths(folder)
    chosen = settings.load(shop.settings)
    catalogue = import_module("offers.catalogue").check(shop.catalogue, chosen)
    pilots = import_module("offers.pilot").plans(folder / "pilots")
    import_module("offers.channels.registry").check(chosen)
    channels = [f"{name} for {block.target}" for name, block in chosen.channels.items()]
    flow = flows.nightly()
    promised = expectations.load_all()
    who = chosen.shop
    return {
        "shop.yml": f"{who.name}, {who.currency}, {who.time_zone}, {len(chosen.sources)} sources",
        "offers.yml": catalogue,
        "pilots": ", ".join(f"{plan.id} from {plan.starts_on}" for plan in pilots) or "no plan",
        "channels": ", ".join(channels) or "none",
        "contracts": f"{len(list((paths.EXPECTATIONS / 'raw').glob('*.yml')))} sources described",
        "expectations": f"{len(promised)} tables promise {sum(len(table.checks) for table in promised)} things",
        "flow": f"{len(flow.steps)} steps in {len(flow.stages)} stages",
    }
