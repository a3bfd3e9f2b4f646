"""The entity sets of the consultation base, with English names (domain.md §2.4-2.8)."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from msgspec import field

from clobus.gateways.onec.wire import Entity, LocalTime, code, whole


class Reference(Entity, kw_only=True):
    """Members that each catalog and document has."""

    ref_key: UUID = field(name="Ref_Key")
    data_version: str = field(name="DataVersion", default="")
    deletion_mark: bool = field(name="DeletionMark", default=False)


class TopicRow(Entity, kw_only=True):
    """A line of `КонсультацииИТС`: what was consulted, filled in by the consultant."""

    references: ClassVar = ("po_type_key", "po_section_key", "interference_key", "helper_key")

    line_number: int = field(name="LineNumber", default=0)
    po_type_key: UUID | None = field(name="ВидПО_Key", default=None)
    po_section_key: UUID | None = field(name="РазделПО_Key", default=None)
    interference_key: UUID | None = field(name="НаличиеПомех_Key", default=None)
    helper_key: UUID | None = field(name="ПомощьМенеджера_Key", default=None)
    repeated: bool | None = field(name="ПовторноеОбращение", default=None)
    question: str | None = field(name="Вопрос", default=None)
    answer: str | None = field(name="Ответ", default=None)


class AnswerRow(Entity, kw_only=True):
    """A line of `ВопросыИОтветы`."""

    line_number: int = field(name="LineNumber", default=0)
    question: str | None = field(name="Вопрос", default=None)
    answer: str | None = field(name="Ответ", default=None)


class Consultation(Reference, kw_only=True):
    """`Document_ТелефонныйЗвонок`: a request for a consultation."""

    entity_set: ClassVar = "Document_ТелефонныйЗвонок"
    references: ClassVar = (
        "client_key", "manager_key", "author_key", "responsible_key", "category_key", "question_key", "language_key",
    )  # fmt: skip

    number: str = field(name="Number", default="")
    date: LocalTime | None = field(name="Date", default=None)
    posted: bool | None = field(name="Posted", default=None)
    incoming: bool | None = field(name="Входящий", default=None)
    created_at: LocalTime | None = field(name="ДатаСоздания", default=None)
    changed_at: LocalTime | None = field(name="ДатаИзменения", default=None)
    planned_at: LocalTime | None = field(name="ДатаКонсультации", default=None)
    ended_at: LocalTime | None = field(name="Конец", default=None)
    stage: str = field(name="ВидОбращения", default="")
    closed_without: bool | None = field(name="ЗакрытоБезКонсультации", default=None)
    client_key: UUID | None = field(name="Абонент_Key", default=None)
    manager_key: UUID | None = field(name="Менеджер_Key", default=None)
    responsible_key: UUID | None = field(name="Ответственный_Key", default=None)
    author_key: UUID | None = field(name="Автор_Key", default=None)
    language_key: UUID | None = field(name="Язык_Key", default=None)
    category_key: UUID | None = field(name="КатегорияВопроса_Key", default=None)
    question_key: UUID | None = field(name="ВопросНаКонсультацию_Key", default=None)
    description: str | None = field(name="Описание", default=None)
    question: str | None = field(name="Вопрос", default=None)
    topic: str | None = field(name="Тема", default=None)
    comment: str | None = field(name="Комментарий", default=None)
    importance: str | None = field(name="Важность", default=None)
    contact_way: str | None = field(name="СпособСвязи", default=None)
    how_to_contact: str | None = field(name="АбонентКакСвязаться", default=None)
    client_presentation: str | None = field(name="АбонентПредставление", default=None)
    topics: list[TopicRow] = field(name="КонсультацииИТС", default_factory=list)
    answers: list[AnswerRow] = field(name="ВопросыИОтветы", default_factory=list)


class ContactRow(Entity, kw_only=True):
    """A line of `КонтактнаяИнформация`; the text may stand in any of three members (domain.md §2.5)."""

    references: ClassVar = ("kind_key",)

    line_number: int = field(name="LineNumber", default=0)
    type: str = field(name="Тип", default="")
    kind_key: UUID | None = field(name="Вид_Key", default=None)
    presentation: str | None = field(name="Представление", default=None)
    phone: str | None = field(name="НомерТелефона", default=None)
    email: str | None = field(name="АдресЭП", default=None)


class Counterparty(Reference, kw_only=True):
    """`Catalog_Контрагенты`: a client; folders arrive among them, with nulls."""

    entity_set: ClassVar = "Catalog_Контрагенты"
    references: ClassVar = ("parent_key", "tariff_key", "tariff_period_key", "organization_key")

    parent_key: UUID | None = field(name="Parent_Key", default=None)
    is_folder: bool | None = field(name="IsFolder", default=None)
    code: str | None = field(name="Code", default=None)
    description: str | None = field(name="Description", default=None)
    name: str | None = field(name="Наименование", default=None)
    inn: str | None = field(name="ИНН", default=None)
    person_inn: str | None = field(name="ИННФизЛица", default=None)
    code_abonent: int | str | None = field(name="КодАбонентаClobus", default=None)
    legal_form: str | None = field(name="ЮридическоеФизическоеЛицо", default=None)
    country: str | None = field(name="Страна", default=None)
    region: str | None = field(name="Регион", default=None)
    city: str | None = field(name="Город", default=None)
    subscription: str | bool | int | None = field(name="Подписка", default=None)
    subscription_from: LocalTime | None = field(name="ДатаНачалаПодписки", default=None)
    subscription_to: LocalTime | None = field(name="ДатаОкончанияПодписки", default=None)
    tariff_key: UUID | None = field(name="Тариф_Key", default=None)
    tariff_period_key: UUID | None = field(name="ТарифныйПериод_Key", default=None)
    organization_key: UUID | None = field(name="Организация_Key", default=None)
    contacts: list[ContactRow] | None = field(name="КонтактнаяИнформация", default=None)

    @property
    def subscriber_code(self) -> str | None:
        """The subscriber code as text, None for empty and zero."""
        return code(self.code_abonent)


class Redate(Entity, kw_only=True):
    """`InformationRegister_РегистрацияПереносаКонсультации`: a consultation was moved."""

    entity_set: ClassVar = "InformationRegister_РегистрацияПереносаКонсультации"
    references: ClassVar = ("consultation_key", "client_key", "manager_key")

    period: LocalTime = field(name="Period")
    consultation_key: UUID | None = field(name="ДокументОбращения_Key")
    client_key: UUID | None = field(name="Абонент_Key", default=None)
    manager_key: UUID | None = field(name="Менеджер_Key", default=None)
    old_date: LocalTime | None = field(name="СтараяДата", default=None)
    new_date: LocalTime | None = field(name="НоваяДата", default=None)
    comment: str | None = field(name="Комментарий", default=None)


class Rating(Entity, kw_only=True):
    """`InformationRegister_ОценкаКонсультацийПоЗаявкам`: one answer of a rating."""

    entity_set: ClassVar = "InformationRegister_ОценкаКонсультацийПоЗаявкам"
    references: ClassVar = ("consultation_key", "client_key", "manager_key")

    consultation_key: UUID | None = field(name="Обращение_Key")
    question_number: int | None = field(name="НомерВопроса")
    period: LocalTime | None = field(name="Period", default=None)
    client_key: UUID | None = field(name="Контрагент_Key", default=None)
    manager_key: UUID | None = field(name="Менеджер_Key", default=None)
    rating: int | None = field(name="Оценка", default=None)
    question: str | None = field(name="Вопрос", default=None)
    comment: str | None = field(name="Комментарий", default=None)
    sent_to_base: bool | None = field(name="ОтправленаБаза", default=None)
    rated_at: LocalTime | None = field(name="ДатаОценки", default=None)


class DaySummary(Entity, kw_only=True):
    """What we write of a manager's day (the register is named in the settings): times in working seconds."""

    entity_set: ClassVar = "InformationRegister_СводкаКонсультаций"
    references: ClassVar = ("manager_key",)

    period: LocalTime = field(name="Period")
    manager_key: UUID | None = field(name="Менеджер_Key")
    requests: int | str | None = field(name="Обращений", default=None)
    closed: int | str | None = field(name="Закрыто", default=None)
    cancelled: int | str | None = field(name="Отменено", default=None)
    redated: int | str | None = field(name="Перенесено", default=None)
    repeated: int | str | None = field(name="Повторных", default=None)
    first_average: int | str | None = field(name="ПервыйОтветСекунд", default=None)
    closing_average: int | str | None = field(name="ЗакрытиеСекунд", default=None)
    marks: int | str | None = field(name="Оценок", default=None)
    marks_sum: int | str | None = field(name="СуммаОценок", default=None)
    met: int | str | None = field(name="ВСрок", default=None)
    missed: int | str | None = field(name="НеВСрок", default=None)


class Call(Entity, kw_only=True):
    """`InformationRegister_РегистрацияДозвона`: an attempt to call the client."""

    entity_set: ClassVar = "InformationRegister_РегистрацияДозвона"
    references: ClassVar = ("consultation_key", "client_key", "manager_key")

    period: LocalTime = field(name="Period")
    consultation_key: UUID | None = field(name="ДокументОбращения_Key")
    client_key: UUID | None = field(name="Абонент_Key", default=None)
    manager_key: UUID | None = field(name="Менеджер_Key", default=None)


class QueueClosing(Entity, kw_only=True):
    """`InformationRegister_ЗакрытиеОчередиНаКонсультанта`: a consultant takes no more on that day."""

    entity_set: ClassVar = "InformationRegister_ЗакрытиеОчередиНаКонсультанта"
    references: ClassVar = ("manager_key",)

    day: LocalTime = field(name="Дата")
    manager_key: UUID | None = field(name="Менеджер_Key")
    closed: bool = field(name="Закрыт", default=False)


class User(Reference, kw_only=True):
    """`Catalog_Пользователи`: a consultant or another employee."""

    entity_set: ClassVar = "Catalog_Пользователи"

    code: str | None = field(name="Code", default=None)
    description: str | None = field(name="Description", default=None)
    invalid: bool | None = field(name="Недействителен", default=None)
    service: bool | None = field(name="Служебный", default=None)
    is_folder: bool | None = field(name="IsFolder", default=None)
    contacts: list[ContactRow] | None = field(name="КонтактнаяИнформация", default=None)


class Department(Reference, kw_only=True):
    """`Catalog_Отделы`."""

    entity_set: ClassVar = "Catalog_Отделы"

    description: str | None = field(name="Description", default=None)


class UserDepartment(Entity, kw_only=True):
    """`InformationRegister_ОтделыПользователей`."""

    entity_set: ClassVar = "InformationRegister_ОтделыПользователей"
    references: ClassVar = ("manager_key", "department_key")

    manager_key: UUID | None = field(name="Менеджер_Key")
    department_key: UUID | None = field(name="Отдел_Key")


class UserLanguage(Entity, kw_only=True):
    """`InformationRegister_ЯзыкиПользователей`: several rows a user."""

    entity_set: ClassVar = "InformationRegister_ЯзыкиПользователей"
    references: ClassVar = ("manager_key", "language_key")

    manager_key: UUID | None = field(name="Менеджер_Key")
    language_key: UUID | None = field(name="Язык_Key")


class Consultant(Entity, kw_only=True):
    """`InformationRegister_СписокКонсультантовДляЗаявок`: the newest row of a manager is the present one."""

    entity_set: ClassVar = "InformationRegister_СписокКонсультантовДляЗаявок"
    references: ClassVar = ("manager_key",)

    manager_key: UUID | None = field(name="Менеджер_Key")
    period: LocalTime | None = field(name="Period", default=None)
    raw_limit: int | str | None = field(name="ЛимитКонсультаций", default=None)
    work_from: LocalTime | None = field(name="ВремяРаботыНачало", default=None)
    work_to: LocalTime | None = field(name="ВремяРаботыКонец", default=None)

    @property
    def limit(self) -> int | None:
        """Consultations a day."""
        return whole(self.raw_limit)


class ManagerCategory(Entity, kw_only=True):
    """`InformationRegister_КатегорииВопросовМенеджеров`: who answers what."""

    entity_set: ClassVar = "InformationRegister_КатегорииВопросовМенеджеров"
    references: ClassVar = ("manager_key", "category_key")

    manager_key: UUID | None = field(name="Менеджер_Key")
    category_key: UUID | None = field(name="КатегорияВопроса_Key")


class PoType(Reference, kw_only=True):
    """`Catalog_ВидыПОДляКонсультаций`: kinds of software."""

    entity_set: ClassVar = "Catalog_ВидыПОДляКонсультаций"

    description: str | None = field(name="Description", default=None)
    details: str | None = field(name="Описание", default=None)


class PoSection(Reference, kw_only=True):
    """`Catalog_РазделыПОДляКонсультаций`: sections of a software."""

    entity_set: ClassVar = "Catalog_РазделыПОДляКонсультаций"
    references: ClassVar = ("owner_key",)

    owner_key: UUID | None = field(name="Owner_Key", default=None)
    description: str | None = field(name="Description", default=None)
    details: str | None = field(name="Описание", default=None)


class QuestionCategory(Reference, kw_only=True):
    """`Catalog_КатегорииВопросов`."""

    entity_set: ClassVar = "Catalog_КатегорииВопросов"
    references: ClassVar = ("language_key",)

    code: str | None = field(name="Code", default=None)
    description: str | None = field(name="Description", default=None)
    language_key: UUID | None = field(name="Язык_Key", default=None)


class Question(Reference, kw_only=True):
    """`Catalog_ВопросыНаКонсультацию`: typical questions."""

    entity_set: ClassVar = "Catalog_ВопросыНаКонсультацию"
    references: ClassVar = ("language_key", "category_key")

    code: str | None = field(name="Code", default=None)
    description: str | None = field(name="Description", default=None)
    language_key: UUID | None = field(name="Язык_Key", default=None)
    category_key: UUID | None = field(name="Категория_Key", default=None)
    useful: str | None = field(name="ПолезнаяИнформация", default=None)
    question: str | None = field(name="Вопрос", default=None)


class KnowledgeArticle(Reference, kw_only=True):
    """`Catalog_БазаЗнанийДляКонсультаций`."""

    entity_set: ClassVar = "Catalog_БазаЗнанийДляКонсультаций"
    references: ClassVar = ("po_type_key", "po_section_key", "author_key")

    description: str | None = field(name="Description", default=None)
    po_type_key: UUID | None = field(name="ВидПО_Key", default=None)
    po_section_key: UUID | None = field(name="РазделПО_Key", default=None)
    author_key: UUID | None = field(name="Автор_Key", default=None)
    question: str | None = field(name="Вопрос", default=None)
    answer: str | None = field(name="Ответ", default=None)


class Interference(Reference, kw_only=True):
    """`Catalog_ПомехиДляКонсультаций`: what got in the way."""

    entity_set: ClassVar = "Catalog_ПомехиДляКонсультаций"

    code: str | None = field(name="Code", default=None)
    description: str | None = field(name="Description", default=None)
