"""What explanations say in English, Latvian and Russian. {offer} is an offer's id; amounts come formatted."""

from collections.abc import Mapping

from offers.explain_words import Words

OUTCOMES: Mapping[str, Words] = {
    "en": {
        "chosen": "gets {offer}: of all open offers it brings the most extra margin for the money.",
        "chosen_from_rest": "gets {offer}: it fitted into what the best choice had left of the limits.",
        "explored": "gets {offer} by lot: a few customers explore, so that the models keep learning.",
        "piloted": "gets {offer} by lot, in a pilot: nobody knows yet what this offer changes.",
        "pilot_control": "gets nothing, by lot: the control arm of a pilot.",
        "held_back": "gets nothing: in a control group, against which offers are measured.",
        "campaign_held_back": "gets nothing: held back from the campaign by lot, so that it can be measured.",
        "no_positive_value": "gets nothing: no offer would bring more than it costs. We pay for change, not for habit.",
        "below_price": (
            "gets nothing: an offer would pay, but other customers bring more for what the limit “{limit}” allows."
        ),
        "given_back": "gets nothing: first in line when the limit “{limit}” was full.",
        "limit_full": "gets nothing: no offer that would pay fits what is left of the limit “{limit}”.",
        "no_evidence": "gets nothing: there is no randomised evidence for the open offers.",
        "not_drawn": "gets nothing: the night is a pilot, and the lot did not draw this customer.",
        "no_candidate": "gets nothing: a rule forbids every offer.",
        "budget_empty": "gets nothing: there is no money for offers.",
        "excluded": "gets nothing: {rule}.",
    },
    "lv": {
        "chosen": "saņem {offer}: no visiem pieejamiem piedāvājumiem tas par šo naudu dod lielāko papildu peļņu.",
        "chosen_from_rest": "saņem {offer}: tam pietika vietas, kas palika pāri no labākās izvēles.",
        "explored": "saņem {offer} izlozē: daži klienti izmēģina, lai modeļi turpinātu mācīties.",
        "piloted": "saņem {offer} izlozē, izmēģinājumā: vēl nav zināms, ko šis piedāvājums maina.",
        "pilot_control": "nesaņem neko, tā lēma izloze: izmēģinājuma kontroles grupa.",
        "held_back": "nesaņem neko: ir kontroles grupā, ar kuru salīdzina piedāvājumu ietekmi.",
        "campaign_held_back": "nesaņem neko: izlozē atturēts no kampaņas, lai to varētu izmērīt.",
        "no_positive_value": (
            "nesaņem neko: neviens piedāvājums neatmaksātos. Mēs maksājam par pārmaiņām, nevis par ieradumu."
        ),
        "below_price": (
            "nesaņem neko: piedāvājums atmaksātos, bet ierobežojuma „{limit}” robežās citi klienti dod vairāk."
        ),
        "given_back": "nesaņem neko: bija pirmais rindā, kad ierobežojums „{limit}” bija sasniegts.",
        "limit_full": (
            "nesaņem neko: neviens piedāvājums, kas atmaksātos, neietilpst tajā, kas palicis no ierobežojuma „{limit}”."
        ),
        "no_evidence": "nesaņem neko: par pieejamiem piedāvājumiem nav izlozes pierādījumu.",
        "not_drawn": "nesaņem neko: šonakt notiek izmēģinājums, un izloze šo klientu neizvēlējās.",
        "no_candidate": "nesaņem neko: visus piedāvājumus aizliedz kāds noteikums.",
        "budget_empty": "nesaņem neko: piedāvājumiem nav naudas.",
        "excluded": "nesaņem neko: {rule}.",
    },
    "ru": {
        "chosen": (
            "получает {offer}: из всех доступных предложений оно даёт больше всего дополнительной маржи за эти деньги."
        ),
        "chosen_from_rest": "получает {offer}: на него хватило того, что осталось от лимитов после лучшего выбора.",
        "explored": "получает {offer} по жребию: немногие клиенты пробуют новое, чтобы модели продолжали учиться.",
        "piloted": "получает {offer} по жребию, в пилоте: пока неизвестно, что меняет это предложение.",
        "pilot_control": "ничего не получает по жребию: контрольная группа пилота.",
        "held_back": "ничего не получает: входит в контрольную группу, с которой сравнивают действие предложений.",
        "campaign_held_back": "ничего не получает: по жребию не участвует в кампании, чтобы её можно было измерить.",
        "no_positive_value": (
            "ничего не получает: ни одно предложение не окупится. Мы платим за перемены, а не за привычку."
        ),
        "below_price": (
            "ничего не получает: предложение окупилось бы, но в пределах лимита «{limit}» другие клиенты дают больше."
        ),
        "given_back": "ничего не получает: был первым в очереди, когда лимит «{limit}» был исчерпан.",
        "limit_full": "ничего не получает: ни одно окупающееся предложение не умещается в остаток лимита «{limit}».",
        "no_evidence": "ничего не получает: о доступных предложениях нет рандомизированных данных.",
        "not_drawn": "ничего не получает: этой ночью идёт пилот, и жребий не выбрал этого клиента.",
        "no_candidate": "ничего не получает: все предложения запрещены правилами.",
        "budget_empty": "ничего не получает: на предложения нет денег.",
        "excluded": "ничего не получает: {rule}.",
    },
}

EVIDENCE: Mapping[str, Words] = {
    "en": {"model": "by the model", "segment": "as in the customer's segment", "rule": "by the shop's own assumption"},
    "lv": {"model": "pēc modeļa", "segment": "kā klienta segmentā", "rule": "pēc veikala pieņēmuma"},
    "ru": {"model": "по модели", "segment": "как в сегменте клиента", "rule": "по предположению магазина"},
}

LINES: Mapping[str, Words] = {
    "en": {
        "priced": (
            "{offer}{target}: extra margin {effect}{interval} {evidence}, expected cost {cost}; score {sum} = {score}"
        ),
        "interval": " (95 % interval {low} to {high})",
        "waiting": " - {amount} that a later night would bring with this customer",
        "cost": " - {price} x cost {amount} ({limit})",
        "worst": " - {price} x worst-case cost {amount} ({limit})",
        "count": " - {price} for a place ({limit})",
        "unknown": "{offer}{target}: no randomised evidence yet, costs at most {worst}",
        "forbidden": "{offer}: no, {rules}",
        "held": ", held back from the campaign by lot",
        "every": "every offer",
        "baseline": "Without an offer the customer buys with a chance of {chance}.",
        "promise": "The customer is told: {text}",
        "prices": "Limits with a price tonight: {limits}.",
        "no_prices": "No limit on these offers had a price tonight.",
        "propensity": "The lots of the night gave exactly this with a chance of {chance}.",
        "same": "Recomputed from the logged figures: the same.",
        "moved": "Recomputed from the logged figures: the same. By score alone it would be {best}{why}.",
        "full": ", but the limit “{limit}” had room for {room} and it needs {weight}",
        "rest": ", and what was left of the limits allowed for more",
        "different": "Recomputed from the logged figures: {best}. THIS DIFFERS FROM WHAT WAS DECIDED.",
        "nothing": "nothing",
        "source": "Model {model}, catalogue {catalogue}.",
        "no_model": "none",
    },
    "lv": {
        "priced": (
            "{offer}{target}: papildu peļņa {effect}{interval} {evidence}, paredzamās izmaksas {cost}; "
            "vērtējums {sum} = {score}"
        ),
        "interval": " (95 % intervāls no {low} līdz {high})",
        "waiting": " - {amount}, ko ar šo klientu dotu vēlāka nakts",
        "cost": " - {price} x izmaksas {amount} ({limit})",
        "worst": " - {price} x lielākās izmaksas {amount} ({limit})",
        "count": " - {price} par vietu ({limit})",
        "unknown": "{offer}{target}: izlozes pierādījumu vēl nav, izmaksā ne vairāk kā {worst}",
        "forbidden": "{offer}: nē, {rules}",
        "held": ", izlozē atturēts no kampaņas",
        "every": "visi piedāvājumi",
        "baseline": "Bez piedāvājuma klients pērk ar varbūtību {chance}.",
        "promise": "Klientam saka: {text}",
        "prices": "Ierobežojumi, kuriem šonakt bija cena: {limits}.",
        "no_prices": "Nevienam šo piedāvājumu ierobežojumam šonakt nebija cenas.",
        "propensity": "Nakts izlozes tieši šo deva ar varbūtību {chance}.",
        "same": "Pārrēķināts no ierakstītajiem skaitļiem: tas pats.",
        "moved": "Pārrēķināts no ierakstītajiem skaitļiem: tas pats. Pēc vērtējuma vien būtu {best}{why}.",
        "full": ", bet ierobežojumā „{limit}” bija vieta tikai {room}, un tam vajag {weight}",
        "rest": ", un ierobežojumu atlikums ļāva vairāk",
        "different": "Pārrēķināts no ierakstītajiem skaitļiem: {best}. TAS ATŠĶIRAS NO LĒMUMA.",
        "nothing": "nekas",
        "source": "Modelis {model}, katalogs {catalogue}.",
        "no_model": "nav",
    },
    "ru": {
        "priced": (
            "{offer}{target}: дополнительная маржа {effect}{interval} {evidence}, ожидаемые затраты {cost}; "
            "оценка {sum} = {score}"
        ),
        "interval": " (95 %-й интервал от {low} до {high})",
        "waiting": " - {amount}, которые этот клиент принесёт в более позднюю ночь",
        "cost": " - {price} x затраты {amount} ({limit})",
        "worst": " - {price} x наибольшие затраты {amount} ({limit})",
        "count": " - {price} за место ({limit})",
        "unknown": "{offer}{target}: рандомизированных данных пока нет, стоит не больше {worst}",
        "forbidden": "{offer}: нет, {rules}",
        "held": ", по жребию не участвует в кампании",
        "every": "все предложения",
        "baseline": "Без предложения клиент покупает с вероятностью {chance}.",
        "promise": "Клиенту говорят: {text}",
        "prices": "Лимиты, у которых этой ночью была цена: {limits}.",
        "no_prices": "Этой ночью ни у одного лимита на эти предложения не было цены.",
        "propensity": "Жребий этой ночи дал именно это с вероятностью {chance}.",
        "same": "Пересчитано по записанным числам: то же самое.",
        "moved": "Пересчитано по записанным числам: то же самое. По одной оценке было бы {best}{why}.",
        "full": ", но в лимите «{limit}» оставалось {room}, а нужно {weight}",
        "rest": ", а остаток лимитов позволил больше",
        "different": "Пересчитано по записанным числам: {best}. ЭТО ОТЛИЧАЕТСЯ ОТ РЕШЕНИЯ.",
        "nothing": "ничего",
        "source": "Модель {model}, каталог {catalogue}.",
        "no_model": "нет",
    },
}
