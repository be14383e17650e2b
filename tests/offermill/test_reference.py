"""The reference pages say what the code says now."""

import pytest

from offermill import reference
from offermill.settings import RandomisationSettings, Section, Settings


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_a_page_is_up_to_date(name: str) -> None:
    standing = (reference.FOLDER / name).read_text(encoding="utf-8")
    assert standing == reference.PAGES[name](), f"docs/reference/{name} is stale: run `make docs`"


def test_the_comment_above_a_setting_is_its_meaning() -> None:
    assert reference.comments_of(RandomisationSettings)["salt"] == (
        "Changing the salt draws all groups anew: the permanent control group would lose its history."
    )


@pytest.mark.parametrize("section", Section.__subclasses__(), ids=lambda section: section.__name__)
def test_every_setting_says_what_it_means(section: type[Section]) -> None:
    if section is not Settings:
        assert [
            name for name, said in reference.comments_of(section).items() if not said and name != "model_config"
        ] == []
