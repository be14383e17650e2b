"""What the page of a preview says, in every language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The words of one language; braces are filled in, plurals are chosen by Babel."""

    title: str
    lead: str
    greeting: str
    version: str
    no_data: str
    offers: str
    nothing_too_long: str
    some_too_long: str
    contents: str
    languages: tuple[tuple[str, str], ...]
    channels: tuple[tuple[str, str], ...]
    longest: str
    others: str
    columns: tuple[str, str, str, str]
    kinds: tuple[tuple[str, str], ...]
    letters: str
    parts: str
    too_long_sms: str
    too_long_push: str
    because: str
    space: str
    footer: str


WORDS = {
    "en": Words(
        title="Texts of offers: {shop}",
        lead="Night of {night}: what customers would read the next day, with the names in the data, the longest "
        "of them, and odd ones.",
        greeting="The greeting is an example: your CRM writes it. E-mail and post carry everything; "
        "a text message the greeting, sentence, code, notice and link; a push message the greeting and sentence.",
        version="Version to sign: {version}",
        no_data="No products have been delivered yet: X stands for every target.",
        offers="Offers: {offers}. Texts: {texts}.",
        nothing_too_long="Every text fits its channels.",
        some_too_long="Too long for a channel: {count}",
        contents="Offers",
        languages=(("en", "English"), ("lv", "Latvian"), ("ru", "Russian")),
        channels=(("email", "e-mail"), ("sms", "SMS"), ("push", "push"), ("post", "post")),
        longest="With the longest names",
        others="With odd names ({count})",
        columns=("Names", "Language", "Text", "Length"),
        kinds=(
            ("real", "from the data"),
            ("longest", "longest in the data"),
            ("very_long", "very long"),
            ("latvian", "Latvian letters"),
            ("cyrillic", "Cyrillic letters"),
            ("quotes", "quotation marks"),
            ("emoji", "emoji"),
            ("right_to_left", "right to left"),
            ("markup", "HTML"),
            ("braces", "braces"),
            ("hidden", "invisible characters"),
            ("empty", "no first name"),
        ),
        letters="{channel}: {count} characters",
        parts="{channel}: {parts} parts, {encoding}",
        too_long_sms="SMS: {parts} parts, at most {limit}",
        too_long_push="push: {count} characters, at most {limit}",
        because="because of {letters}",
        space="no-break space",
        footer="Made by offermill preview. It holds no customer's data but common first names.",
    ),
    "lv": Words(
        title="Piedāvājumu teksti: {shop}",
        lead="Nakts: {night}. Ko klienti lasītu nākamajā dienā: ar vārdiem un nosaukumiem no datiem, garākajiem "
        "no tiem un neparastiem.",
        greeting="Uzruna ir piemērs: to raksta jūsu CRM. E-pastā un pa pastu nosūta visu; "
        "īsziņā – uzrunu, teikumu, kodu, norādi un saiti; telefona paziņojumā – uzrunu un teikumu.",
        version="Parakstāmā versija: {version}",
        no_data="Preces vēl nav piegādātas: visur nosaukuma vietā ir X.",
        offers="Piedāvājumi: {offers}. Teksti: {texts}.",
        nothing_too_long="Visi teksti kanālos ietilpst.",
        some_too_long="Kanālam par garu: {count}",
        contents="Piedāvājumi",
        languages=(("en", "angļu"), ("lv", "latviešu"), ("ru", "krievu")),
        channels=(("email", "e-pasts"), ("sms", "īsziņa"), ("push", "paziņojums"), ("post", "pasts")),
        longest="Ar garākajiem vārdiem un nosaukumiem",
        others="Ar neparastiem vārdiem un nosaukumiem ({count})",
        columns=("Vārdi un nosaukumi", "Valoda", "Teksts", "Garums"),
        kinds=(
            ("real", "no datiem"),
            ("longest", "garākie datos"),
            ("very_long", "ļoti gari"),
            ("latvian", "latviešu burti"),
            ("cyrillic", "kirilica"),
            ("quotes", "pēdiņas"),
            ("emoji", "emocijzīmes"),
            ("right_to_left", "no labās uz kreiso"),
            ("markup", "HTML"),
            ("braces", "figūriekavas"),
            ("hidden", "neredzamas zīmes"),
            ("empty", "bez vārda"),
        ),
        letters="{channel}: {count} zīmes",
        parts="{channel}: {parts} daļas, {encoding}",
        too_long_sms="īsziņa: {parts} daļas, ne vairāk kā {limit}",
        too_long_push="paziņojums: {count} zīmes, ne vairāk kā {limit}",
        because="iemesls: {letters}",
        space="nedalāmā atstarpe",
        footer="Izveidots ar offermill preview. Klientu datu te nav, tikai izplatīti vārdi.",
    ),
    "ru": Words(
        title="Тексты предложений: {shop}",
        lead="Ночь: {night} Что клиенты прочли бы на следующий день: с именами и названиями из данных, самыми длинными "
        "и необычными.",
        greeting="Обращение — пример: его пишет ваша CRM. В письме есть всё; в SMS — обращение, "
        "фраза, код, уведомление и ссылка; в push-сообщении — обращение и фраза.",
        version="Версия на подпись: {version}",
        no_data="Товары ещё не поступали: вместо названий стоит X.",
        offers="Предложений: {offers}. Текстов: {texts}.",
        nothing_too_long="Все тексты помещаются в свои каналы.",
        some_too_long="Слишком длинных для канала: {count}",
        contents="Предложения",
        languages=(("en", "английский"), ("lv", "латышский"), ("ru", "русский")),
        channels=(("email", "e-mail"), ("sms", "SMS"), ("push", "push"), ("post", "почта")),
        longest="С самыми длинными именами и названиями",
        others="С необычными именами и названиями ({count})",
        columns=("Имена и названия", "Язык", "Текст", "Длина"),
        kinds=(
            ("real", "из данных"),
            ("longest", "самые длинные в данных"),
            ("very_long", "очень длинные"),
            ("latvian", "латышские буквы"),
            ("cyrillic", "кириллица"),
            ("quotes", "кавычки"),
            ("emoji", "эмодзи"),
            ("right_to_left", "справа налево"),
            ("markup", "HTML"),
            ("braces", "фигурные скобки"),
            ("hidden", "невидимые знаки"),
            ("empty", "без имени"),
        ),
        letters="{channel}: знаков {count}",
        parts="{channel}: частей {parts}, {encoding}",
        too_long_sms="SMS: частей {parts}, не больше {limit}",
        too_long_push="push: знаков {count}, не больше {limit}",
        because="из-за {letters}",
        space="неразрывного пробела",
        footer="Создано командой offermill preview. Данных клиентов здесь нет, только распространённые имена.",
    ),
}
