"""What a store's sheet says, in every language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The words of one language; braces are filled in."""

    title: str
    lead: str
    call_centre: str
    columns: tuple[str, str, str, str, str]
    nothing: str
    gift: str
    delivery: str
    any_purchase: str
    varies: str
    about: str
    few: str
    none: str
    gone: str
    age: str
    asked: str
    terms: str
    withdrawn: str
    sorry: str
    fails: str
    steps: tuple[str, ...]
    footer: str


# The example is of the right form and no valid code, so that nobody can type it in.
EXAMPLE = "K7Q2-9XWM-4TZP"

WORDS = {
    "en": Words(
        title="Offers that count: {day}",
        lead="Customers got these offers personally. Say the sentence and take the code.",
        call_centre="Call centre",
        columns=("Offer", "Say", "Until", "Purchase from", "Customers here"),
        nothing="No offer counts on this day.",
        gift="Gift",
        delivery="Free delivery",
        any_purchase="any amount",
        varies="{first} to {last}: see the customer's message",
        about="about {count}",
        few="a few",
        none="none",
        gone="Not given out any more, but it still counts: the till knows the rule.",
        age="Goods with an age limit: check the age.",
        asked="If the customer asks",
        terms="Terms: {url}",
        withdrawn="Taken back: these codes count no more",
        sorry="Say that we are sorry and that the offer was withdrawn; promise nothing else. Questions: {support}.",
        fails="If a code does not work",
        steps=(
            "Type the code again: 12 characters in three groups, such as {example}. It never holds 0, 1, I, L or O.",
            "Look at the customer's message: does the offer count today?",
            "Look at the purchase: has it the amount and the goods that the sentence names?",
            "Ask whether the code was used already and whose it is: it works once, for the customer it was sent to.",
            "Still not? Give no discount by hand. Write down the code, the time and the receipt, and call: {support}. "
            "We answer the customer.",
        ),
        footer="Good for one day. Made in the night after {night}",
    ),
    "lv": Words(
        title="Spēkā esošie piedāvājumi: {day}",
        lead="Klienti šos piedāvājumus saņēma personīgi. Pasakiet teikumu un pieņemiet kodu.",
        call_centre="Zvanu centrs",
        columns=("Piedāvājums", "Sakiet tā", "Līdz", "Pirkums no", "Klienti šeit"),
        nothing="Šajā dienā neviens piedāvājums nav spēkā.",
        gift="Dāvana",
        delivery="Bezmaksas piegāde",
        any_purchase="jebkuras summas",
        varies="no {first} līdz {last}: skatiet klienta ziņu",
        about="ap {count}",
        few="daži",
        none="nav",
        gone="Jaunus vairs neizsniedz, bet šis vēl ir spēkā: noteikumus zina kase.",
        age="Preces ar vecuma ierobežojumu: pārbaudiet vecumu.",
        asked="Ja klients jautā",
        terms="Noteikumi: {url}",
        withdrawn="Atsaukti: šie kodi vairs nav spēkā",
        sorry="Atvainojieties un pasakiet, ka piedāvājums ir atsaukts; neko citu nesoliet. Jautājumi: {support}.",
        fails="Ja kods nedarbojas",
        steps=(
            "Ievadiet kodu vēlreiz: 12 rakstzīmes trīs grupās, piemēram, {example}. Tajā nekad nav 0, 1, I, L un O.",
            "Apskatiet klienta ziņu: vai piedāvājums šodien ir spēkā?",
            "Apskatiet pirkumu: vai ir sasniegta summa un vai tajā ir preces, kas nosauktas teikumā?",
            "Pajautājiet, vai kods jau nav izmantots un kam tas sūtīts: tas darbojas vienreiz un tikai šim klientam.",
            "Joprojām nē? Nedodiet atlaidi ar roku. Pierakstiet kodu, laiku un čeka numuru un zvaniet: {support}. "
            "Klientam atbildēsim mēs.",
        ),
        footer="Derīgs vienu dienu. Sagatavots naktī pēc {night}",
    ),
    "ru": Words(
        title="Действующие предложения: {day}",
        lead="Клиенты получили эти предложения лично. Скажите фразу и примите код.",
        call_centre="Колл-центр",
        columns=("Предложение", "Скажите так", "До", "Покупка от", "Клиенты здесь"),
        nothing="В этот день ни одно предложение не действует.",
        gift="Подарок",
        delivery="Бесплатная доставка",
        any_purchase="любой суммы",
        varies="с {first} по {last}: смотрите сообщение клиента",
        about="около {count}",
        few="несколько",
        none="нет",
        gone="Новых больше не выдают, но это ещё действует: правило знает касса.",
        age="Товары с возрастным ограничением: проверьте возраст.",
        asked="Если клиент спросит",
        terms="Условия: {url}",
        withdrawn="Отозваны: эти коды больше не действуют",
        sorry="Извинитесь и скажите, что предложение отозвано; ничего другого не обещайте. Вопросы: {support}.",
        fails="Если код не срабатывает",
        steps=(
            "Введите код ещё раз: 12 знаков в трёх группах, например {example}. В нём никогда нет 0, 1, I, L и O.",
            "Посмотрите на сообщение клиента: действует ли предложение сегодня?",
            "Посмотрите на покупку: набрана ли сумма и есть ли в ней товары, названные во фразе?",
            "Спросите, не использован ли код и чей он: он срабатывает один раз и только для того, кому отправлен.",
            "Всё ещё нет? Не давайте скидку вручную. Запишите код, время и номер чека и позвоните: {support}. "
            "Клиенту ответим мы.",
        ),
        footer="Действует один день. Составлено в ночь после {night}",
    ),
}
