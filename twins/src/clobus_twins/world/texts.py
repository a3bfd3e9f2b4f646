"""Composes the texts of requests, answers and chat from the bank of topics and a few small phrases."""

import random
from datetime import datetime

from clobus_twins.world import people
from clobus_twins.world.dictionaries import Question

MONTHS = {
    "ru": ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь",
           "декабрь"),
    "uz": ("yanvar", "fevral", "mart", "aprel", "may", "iyun", "iyul", "avgust", "sentabr", "oktabr", "noyabr",
           "dekabr"),
}  # fmt: skip
GREETINGS = {
    "ru": ("Здравствуйте! ", "Добрый день. ", "Здравствуйте, коллеги. ", "Салом! "),
    "uz": ("Assalomu alaykum! ", "Salom. ", "Hayrli kun! ", "Assalomu alaykum, "),
}
ENDINGS = {
    "ru": (" Срочно, отчёт сдаём завтра.", " Спасибо.", " Перезвоните, пожалуйста.", " База в облаке.",
           " Работаем вдвоём с директором, лучше после обеда."),
    "uz": (" Shoshilinch, hisobotni ertaga topshiramiz.", " Rahmat.", " Iltimos, qo‘ng‘iroq qiling.",
           " Baza bulutda.", " Tushlikdan keyin bo‘lsa yaxshi."),
}  # fmt: skip
ACCOUNTS = ("2010", "2510", "2910", "3120", "4010", "4310", "4410", "5110", "6010", "6310", "6410", "6710", "9410")
REPLIES = {
    "ru": ("Здравствуйте! Заявка принята, консультант свяжется с вами.", "Добрый день! Сейчас посмотрим.",
           "Подключаюсь, откройте базу, пожалуйста."),
    "uz": ("Assalomu alaykum! Ariza qabul qilindi, konsultant siz bilan bog‘lanadi.", "Salom! Hozir ko‘ramiz.",
           "Ulanaman, iltimos, bazani oching."),
}  # fmt: skip
THANKS = {
    "ru": ("Спасибо, получилось!", "Всё работает, спасибо.", "Поняла, сделаю так.", "Спасибо большое, закрывайте."),
    "uz": ("Rahmat, bo‘ldi!", "Hammasi ishlayapti, rahmat.", "Tushundim, shunday qilaman.", "Katta rahmat."),
}
CANCELLED = {
    "ru": ("Уже не нужно, разобрались сами.", "Отмените, пожалуйста, вопрос решён.", "Отправили дважды, эту закройте."),
    "uz": ("Endi kerak emas, o‘zimiz hal qildik.", "Iltimos, bekor qiling.", "Ikki marta yuborilgan, buni yoping."),
}


class _Slots(dict[str, str]):
    """Variables of a pattern, drawn when the pattern asks for them."""

    def __init__(self, rng: random.Random, language: str, moment: datetime, firms: list[str]) -> None:
        super().__init__()
        self.rng, self.language, self.moment, self.firms = rng, language, moment, firms

    def __missing__(self, name: str) -> str:
        value = self[name] = self._draw(name)
        return value

    def _draw(self, name: str) -> str:
        rng, moment = self.rng, self.moment
        if name == "month":
            return MONTHS[self.language][(moment.month - rng.choice((2, 2, 2, 3, 4))) % 12]
        if name == "year":
            return str(moment.year - (1 if moment.month < 4 else 0))
        if name == "sum":
            return f"{rng.randint(120, 98_000) * 1000:,}".replace(",", " ")
        if name == "doc":
            return f"№{rng.randint(1, 2400)}"
        if name == "date":
            return f"{rng.randint(1, 28):02d}.{(moment.month - 2) % 12 + 1:02d}"
        if name == "firm":
            return rng.choice(self.firms)
        if name == "person":
            who = people.person(rng)
            return f"{who.last} {who.first[0]}." if self.language == "ru" else f"{who.last_latin} {who.first_latin[0]}."
        if name == "n":
            return str(rng.randint(2, 40))
        if name == "acct":
            return rng.choice(ACCOUNTS)
        if name == "release":
            return f"3.0.{rng.randint(20, 99)}.{rng.randint(1, 30)}"
        return str(rng.choice((3, 5, 7, 10, 15)))


class Writer:
    """Writes what clients ask and consultants answer; `firms` are the names that texts mention."""

    def __init__(self, rng: random.Random, firms: list[str]) -> None:
        self._rng = rng
        self._firms = firms

    def request(self, question: Question, moment: datetime) -> str:
        """Return the text of a request on a question."""
        rng = self._rng
        item = question.topic.questions[question.index]
        text = self._fill(rng.choice(item.patterns[question.language]), question.language, moment)
        if rng.random() < 0.35:
            text = rng.choice(GREETINGS[question.language]) + text
        if rng.random() < 0.3:
            text += rng.choice(ENDINGS[question.language])
        return text

    def answer(self, question: Question, moment: datetime) -> str:
        """Return what a consultant wrote down as the answer."""
        item = question.topic.questions[question.index]
        return self._fill(item.answer[question.language], question.language, moment)

    def _fill(self, pattern: str, language: str, moment: datetime) -> str:
        if "{" not in pattern:
            return pattern
        return pattern.format_map(_Slots(self._rng, language, moment, self._firms))
