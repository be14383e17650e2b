"""The message for everything that offers.yml may not say."""

from pathlib import Path

import pytest

from offermill.errors import ConfigError
from offermill.settings import ShopSettings
from offers import catalogue
from tests.offers.catalogues import AMOUNT, PERCENT, SHOP, template, written


def refused(folder: Path, text: str, shop: ShopSettings = SHOP) -> str:
    with pytest.raises(ConfigError) as problem:
        catalogue.read(written(folder, text), shop)
    return str(problem.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            template(PERCENT).replace("budget:", "buget:"),
            "offers.yml:1: budget: is missing.\n"
            "offers.yml:1: buget: unknown key. Did you mean 'budget'? Known keys: budget, campaigns, example_purchase, "
            "funders, limits, point_value, sign_off, templates, terms.",
        ),
        (
            template(PERCENT + ", treshold: x"),
            "offers.yml:6: templates.0.treshold: unknown key. Did you mean 'threshold'? Known keys: allow_below_cost, "
            "audience, budget, budget_share, campaign, channels, delivery, depths, funder, gift, id, kind, "
            "max_discount, never_with, only_after, per_person, pieces, prior_price, target, terms, terms_url, texts, "
            "threshold, use.",
        ),
        (
            template(PERCENT).replace('"100.00"', "100.00"),
            'offers.yml:1: budget.amount: is a number; write money as text in quotes, such as "100.0".',
        ),
        (
            template(PERCENT).replace('"100.00"', '"-5.00"'),
            "offers.yml:1: budget.amount: '-5.00' is negative; write 0 or more.",
        ),
        (
            template(PERCENT).replace('"100.00"', "a lot"),
            "offers.yml:1: budget.amount: 'a lot' is no amount; write it as text with a point, such as \"12.34\".",
        ),
        (
            template(PERCENT).replace('"100.00"', '"100.005"'),
            "offers.yml:1: budget.amount: '100.005' has more than 2 decimal places.",
        ),
        (
            template(PERCENT).replace('"100.00"', '"4.99"'),
            "offers.yml:1: budget.amount: 4.99 pays for no offer: the cheapest, t-10, can cost 5.00; write 0 "
            "to make none.",
        ),
        (
            template(PERCENT).replace("night", "nigth"),
            "offers.yml:1: budget.period: Input should be 'night', 'week' or 'month' (got 'nigth').",
        ),
        (
            template(PERCENT).replace("[10]", "[0]"),
            "offers.yml:6: templates.0.depths.0: a percent discount is a whole number from 1 to 99 (got 0).",
        ),
        (
            template(PERCENT).replace("[10]", "[10, 100]"),
            "offers.yml:6: templates.0.depths.1: a percent discount is a whole number from 1 to 99 (got 100).",
        ),
        (
            template(PERCENT).replace("[10]", "[120]"),
            "offers.yml:6: templates.0.depths.0: a percent discount is a whole number from 1 to 99 (got 120).",
        ),
        (
            template(PERCENT).replace("[10]", "[7.5]"),
            "offers.yml:6: templates.0.depths.0: a percent discount is a whole number from 1 to 99 (got 7.5).",
        ),
        (template(PERCENT).replace("[10]", "[10, 10]"), "offers.yml:6: templates.0.depths.1: 10 is written twice."),
        (
            template("id: t, campaign: summer, kind: percent, depths: [10]"),
            "offers.yml:6: templates.0: an offer of kind percent needs max_discount: without a cap no budget "
            "can hold it.",
        ),
        (
            template(PERCENT + ', threshold: "60.00"'),
            "offers.yml:6: templates.0.depths.0: 10 % of the threshold 60.00 is 6, more than max_discount 5.00: "
            "nobody would get the 10 %.",
        ),
        (
            template(AMOUNT).replace('"40.00"', '"5.00"'),
            "offers.yml:6: templates.0.depths.0: 5.00 off a purchase of 5.00 gives the goods away; raise the "
            "threshold.",
        ),
        (
            template(AMOUNT).replace('["5.00"]', "[5]"),
            'offers.yml:6: templates.0.depths.0: an amount is money as text in quotes, such as "5.00" (got 5).',
        ),
        (
            template('id: t, campaign: summer, kind: amount, depths: ["5.00"]'),
            "offers.yml:6: templates.0: an offer of kind amount needs a threshold: else the goods may be given away.",
        ),
        (
            template("id: t, campaign: summer, kind: points, depths: [500]").replace('point_value: "0.01"\n', ""),
            "offers.yml:5: templates.0: an offer of kind points needs point_value at the top of the file: "
            "points are money.",
        ),
        (
            template("id: t, campaign: summer, kind: points, depths: [0]"),
            "offers.yml:6: templates.0.depths.0: points are a whole number from 1 (got 0).",
        ),
        (
            template("id: t, campaign: summer, kind: gift"),
            "offers.yml:6: templates.0: an offer of kind gift needs gift.",
        ),
        (
            template(PERCENT + ', delivery: {value: "1.00", cost: "1.00"}'),
            "offers.yml:6: templates.0.delivery: belongs to offers of kind delivery, not percent.",
        ),
        (
            template('id: t, campaign: summer, kind: delivery, depths: [1], delivery: {value: "1.00", cost: "1.00"}'),
            "offers.yml:6: templates.0.depths: an offer of kind delivery has no depths.",
        ),
        (
            template("id: t, campaign: summer, kind: points"),
            "offers.yml:6: templates.0: an offer of kind points needs depths, a list.",
        ),
        (
            template(PERCENT.replace("summer", "sumer")),
            "offers.yml:6: templates.0.campaign: 'sumer' is no campaign. Did you mean 'summer'? Known: summer.",
        ),
        (
            template(PERCENT).replace("[email]", "[e-mail]"),
            "offers.yml:4: campaigns.0.channels.0: Input should be 'email', 'sms', 'push' or 'post' (got 'e-mail').",
        ),
        (
            template(PERCENT).replace("valid_days: 28", 'valid_from: "2026-07-10", valid_until: "2026-07-01"'),
            "offers.yml:4: campaigns.0.valid_from: 2026-07-10 is after valid_until (2026-07-01).",
        ),
        (
            template(PERCENT).replace("valid_days: 28", 'valid_from: "2026-07-10"'),
            "offers.yml:4: campaigns.0: campaign 'summer' never ends; write valid_days or valid_until.",
        ),
        (
            template(PERCENT).replace("valid_days: 28", 'valid_days: 28, valid_until: "2026-07-01"'),
            "offers.yml:4: campaigns.0.valid_days: write either valid_days or valid_from and valid_until, not both.",
        ),
        (
            template(PERCENT).replace("valid_days: 28", 'valid_until: "01/07/2026"'),
            "offers.yml:4: campaigns.0.valid_until: '01/07/2026' is no date; write it as 2026-07-28.",
        ),
        (
            template(PERCENT + ", target: {ids: [coffee]}"),
            "offers.yml:6: templates.0.target: the whole basket has no ids; write kind: category or kind: product.",
        ),
        (
            template(PERCENT + ", target: {kind: category}"),
            "offers.yml:6: templates.0.target: kind: category needs either ids or top_categories.",
        ),
        (
            template(PERCENT + ", target: {kind: product, top_categories: 3}"),
            "offers.yml:6: templates.0.target.top_categories: belongs to kind: category.",
        ),
        (
            template(PERCENT.replace("id: t", "id: ../x")),
            "offers.yml:6: templates.0.id: '../x' is no id; use small letters, digits and '-', at most 40 characters.",
        ),
        (
            template(PERCENT) + f"  - {{{PERCENT}}}\n",
            "offers.yml:7: templates.1.id: 't' is used twice; ids are unique.",
        ),
        (
            template(PERCENT.replace("id: t", "id: t-5-off"))
            + '  - {id: t, campaign: summer, kind: amount, depths: ["5.00"], threshold: "10.00"}\n',
            "offers.yml:7: templates.1.id: the templates 't-5-off' and 't' both make the offer 't-5-off-10'; "
            "rename one.",
        ),
        (
            template(PERCENT) + "sign_off: 0000\n",
            "offers.yml:7: sign_off: the catalogue was changed after the sign-off; have it checked again and "
            "write HASH.",
        ),
        (
            template(
                PERCENT + ', texts: {en: "Shop by {valid_until} and get 20% off, up to {max_discount}.", '
                'lv: "Līdz {valid_until} {depth}, ne vairāk kā {max_discount}.", '
                'ru: "До {valid_until} {depth}, но не больше {max_discount}."}'
            ),
            "offers.yml:6: templates.0.texts.en: does not say {depth} (10).\n"
            "offers.yml:6: templates.0.texts.en: says 20, but the offer t-10 is depth 10, example 20.00, "
            "max_discount 5.00, value 2.00.",
        ),
        (
            template(PERCENT + ', prior_price: "10.00"'),
            "offers.yml:6: templates.0.prior_price: is the former price of one product; write "
            "target: {kind: product, ids: [<one>]}.",
        ),
        (
            template(PERCENT + ', prior_price: "10.001", target: {kind: product, ids: [a, b]}'),
            "offers.yml:6: templates.0.prior_price: '10.001' has more than 2 decimal places.\n"
            "offers.yml:6: templates.0.prior_price: is the former price of one product; write "
            "target: {kind: product, ids: [<one>]}.",
        ),
        (
            template(AMOUNT + ', prior_price: "5.00", target: {kind: product, ids: [a]}'),
            "offers.yml:6: templates.0.prior_price: 5.00 off a price of 5.00 leaves nothing to pay.",
        ),
        (
            template(PERCENT + ', terms: {en: "{depth} off the old price.", lv: "{depth}.", ru: "{depth}."}'),
            "offers.yml:6: templates.0.terms.en: states a former price ('old price'), and the offer has none; write "
            "prior_price at the template, which each night holds against the lowest price of 30 days, or say it "
            "otherwise.",
        ),
        (
            "budget: 5\n\tcampaigns: []\n",
            "offers.yml:2: not valid YAML: found character '\\t' that cannot start any token "
            "(indent with spaces, not tabs).",
        ),
        (
            template(PERCENT).replace("[email]", "[]"),
            "offers.yml:4: campaigns.0.channels: is empty; write at least one.",
        ),
    ],
)
def test_every_mistake_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    found = refused(tmp_path, text)

    if "HASH" in message:
        right = catalogue.read(written(tmp_path, text.replace("sign_off: 0000\n", "")), SHOP)
        message = message.replace("HASH", catalogue.catalogue_hash(right))
    assert found == message


def test_a_currency_without_cents_refuses_cents(tmp_path: Path) -> None:
    yen = ShopSettings(id="test", name="Test", time_zone="Asia/Tokyo", currency="JPY", currency_digits=0)

    assert refused(tmp_path, template(PERCENT).replace("5.00", "5.50"), yen) == (
        "offers.yml:6: templates.0.max_discount: '5.50' has more than 0 decimal places."
    )
