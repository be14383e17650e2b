"""The page about features says what the expectations say."""

from features import reference


def test_the_page_is_up_to_date() -> None:
    written = reference.PAGE.read_text(encoding="utf-8")

    assert written == reference.page(), "docs/reference/features.md: out of date; run python -m features.reference"


def test_every_feature_has_its_own_line_with_type_unit_and_meaning() -> None:
    page = reference.page()

    assert (
        "| `gap_count` | bigint | gaps | Gaps between distinct purchase days: the support of everything about rhythm. |"
        in page
    )
    assert page.index("## features.customer\n") < page.index("## features.customer_browsing\n")
