"""Names that texts are tried with: those in the data, the longest of them, and odd ones that break careless layouts."""

from dataclasses import dataclass

from offermill.run import Run
from offermill.warehouse import Warehouse

# Where the data holds no name yet.
_USUAL_PERSON = "Anna"
_LONG = "Maksimiliāna-Konstancija-"


@dataclass(frozen=True)
class Names:
    """A customer's first name and a name of what an offer counts for; `target` None leaves the offer's own.

    `kind` says what is tried: real, longest, or a way of being odd.
    """

    kind: str
    person: str
    target: str | None = None


ODD = (
    Names(
        "very_long", _LONG * 3, "Bioloģiski audzētu šķelto zirņu un grūbu maisījums ar žāvētām saknēm, " * 2 + "1 kg"
    ),
    Names("latvian", "Ģērmanis Ņikita", "Ķiršu džems, ēvelētas šķēles, čiekuri"),
    Names("cyrillic", "Ёлка-Анастасия", "Чай «Ёлочка» чёрный, байховый"),
    Names("quotes", 'O\'Liepa "Ann"', "„Zelta” 'extra' “best” «люкс»"),
    Names("emoji", "Līga 🎁👩‍👩‍👧", "Kafija ☕️ 1️⃣"),
    Names("right_to_left", "مريم", "قهوة عربية (250)"),
    Names("markup", "<b>Anna</b>", "<script>alert(1)</script> & <img src=x onerror=alert(1)>"),
    Names("braces", "{first_name}", "{value} {{ 7*7 }} ${HOME} %s [red]"),
    Names("hidden", "An\u202ena\u200b", "Tea\r\nBcc: x\u202e gpj.exe\x00"),
    Names("empty", "", None),
)

_COMMONEST = """
    select first_name from core.contact_name
    where coalesce(trim(first_name), '') <> ''
    group by first_name
    having count(*) >= $publish_minimum_cell
    order by {order}
    limit 1
"""


@dataclass(frozen=True)
class InData:
    """What the shop's data brings: a common first name, the longest common one, and the longest name of each target."""

    person: str = _USUAL_PERSON
    longest_person: str = _LONG
    longest_target: tuple[tuple[str, str], ...] = ()

    def tried(self, target_kind: str) -> tuple[Names, ...]:
        """Return the names to try a template's texts with, the real ones first."""
        longest = dict(self.longest_target).get(target_kind)
        return (self.real, Names("longest", self.longest_person, longest), *ODD)

    @property
    def real(self) -> Names:
        return Names("real", self.person)


def in_data(warehouse: Warehouse, run: Run) -> InData:
    """Return the names in the warehouse.

    A first name that fewer people bear than may be shown stays out of sight: letters of its length stand for it.
    """
    if not warehouse.exists("core.contact_name"):
        return InData(longest_target=_longest_targets(warehouse))
    said = [
        warehouse.rows(_COMMONEST.format(order=order), run.parameters)
        for order in ("count(*) desc, first_name", "length(first_name) desc, first_name")
    ]
    common, longest = (rows[0][0] if rows else _USUAL_PERSON for rows in said)
    longest_of_all = warehouse.value("select coalesce(max(length(first_name)), 0) from core.contact_name")
    if longest_of_all > len(longest):
        longest = (_LONG * (longest_of_all // len(_LONG) + 1))[:longest_of_all]
    return InData(common, longest, _longest_targets(warehouse))


def _longest_targets(warehouse: Warehouse) -> tuple[tuple[str, str], ...]:
    found = []
    for kind in ("category", "product"):
        if warehouse.exists(f"core.{kind}"):
            name = f"{kind}_name"
            sql = (
                f"select {name} from core.{kind} where {name} is not null order by length({name}) desc, {name} limit 1"
            )
            found += [(kind, str(row[0])) for row in warehouse.rows(sql)]
    return tuple(found)
