"""First and last names by language, as (female, male) forms, and their Latin spelling for e-mail addresses."""

import numpy as np
import pyarrow as pa

from offermill.synthetic.arrays import Bools, Ints, picked

LANGUAGES = ("lv", "ru", "en")
FIRST = {
    "lv": (
        "Anna Līga Ilze Kristīne Inese Dace Zane Elīna Laura Agnese Ieva Sanita Rūta Māra Baiba Evija Gunta Vita "
        "Solveiga Žanete Ķērsta Undīne Santa Aiga",
        "Jānis Andris Juris Edgars Māris Mārtiņš Aivars Kārlis Pēteris Ēriks Guntis Valdis Raivis Uldis Ģirts Ņikita "
        "Artūrs Oskars Rihards Emīls Zigmārs Kaspars Roberts Dāvis",
    ),
    "ru": (
        "Анна Елена Ольга Наталья Татьяна Ирина Светлана Екатерина Марина Юлия Дарья Людмила Алёна Галина Жанна Вера",
        "Александр Сергей Дмитрий Андрей Алексей Владимир Михаил Николай Игорь Виктор Юрий Олег Артём Пётр Фёдор Семён",
    ),
    "en": (
        "Emma Grace Chloe Sophie Olivia Megan Hannah Alice Zoë Renée",
        "Oliver Jack Harry George Thomas William James Noah Seán André",
    ),
}
LAST = {
    "lv": (
        "Bērziņa Kalniņa Ozoliņa Jansone Liepiņa Krūmiņa Balode Eglīte Zariņa Pētersone Vītola Kļaviņa Kārkliņa Vanaga "
        "Gulbe Siliņa Lāce Dūma Šmite Āboliņa Žagare Ģērmane Ķirse Ņilova",
        "Bērziņš Kalniņš Ozoliņš Jansons Liepiņš Krūmiņš Balodis Eglītis Zariņš Pētersons Vītols Kļaviņš Kārkliņš "
        "Vanags Gulbis Siliņš Lācis Dūmiņš Šmits Āboliņš Žagars Ģērmanis Ķirsis Ņilovs",
    ),
    "ru": (
        "Иванова Смирнова Кузнецова Попова Васильева Петрова Соколова Михайлова Новикова Фёдорова Морозова Волкова "
        "Алексеева Лебедева Семёнова Щукина",
        "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев "
        "Лебедев Семёнов Щукин",
    ),
    "en": (
        "Smith Jones Taylor Brown Wilson Evans Walker Wright O'Neill Smith-Jones",
        "Smith Jones Taylor Brown Wilson Evans Walker Wright O'Neill Smith-Jones",
    ),
}
LATIN_OF = (
    "āa čc ēe ģg īi ķk ļl ņn šs ūu žz ëe ée áa аa бb вv гg дd еe ёe жzh зz иi йy кk лl мm нn оo пp рr сs тt уu фf хkh "
    "цts чch шsh щshch ъ ыy ь эe юyu яya ' -"
)
LATIN = {pair[0]: pair[1:] for pair in LATIN_OF.split()}


def latin(name: str) -> str:
    """Lower-case ASCII spelling of a name."""
    return "".join(LATIN.get(letter, letter) for letter in name.lower())


def _flat(table: dict[str, tuple[str, str]]) -> tuple[list[str], Ints, Ints]:
    groups = [forms.split() for language in LANGUAGES for forms in table[language]]
    sizes = np.array([len(group) for group in groups], dtype=np.int64)
    return [name for group in groups for name in group], np.cumsum(sizes) - sizes, sizes


def codes(language: Ints, is_male: Bools, unit: np.ndarray, *, is_first: bool) -> Ints:
    """Index into ``spellings`` of a name fitting language and sex; ``unit`` in [0, 1) chooses."""
    _, first, size = _flat(FIRST if is_first else LAST)
    group = language * 2 + is_male
    return first[group] + np.floor(unit * size[group]).astype(np.int64)


def spellings(chosen: Ints, *, is_first: bool) -> pa.Array:
    """The names as written by the customer."""
    return picked(_flat(FIRST if is_first else LAST)[0], chosen)


def latin_spellings(chosen: Ints, *, is_first: bool) -> pa.Array:
    """The names in ASCII."""
    return picked([latin(name) for name in _flat(FIRST if is_first else LAST)[0]], chosen)
