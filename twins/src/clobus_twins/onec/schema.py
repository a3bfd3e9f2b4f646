"""The composition that the consultation desk's infobase publishes (domain.md §2.3-2.8), declared once as data."""

from __future__ import annotations

from clobus_twins.onec.model import (
    Schema,
    Section,
    catalog,
    date,
    document,
    enum,
    flag,
    number,
    only,
    ref,
    register,
    text,
)

CALL = "Document_ТелефонныйЗвонок"
CLIENTS = "Catalog_Контрагенты"
USERS = "Catalog_Пользователи"
DEPARTMENTS = "Catalog_Отделы"
SOFTWARE = "Catalog_ВидыПОДляКонсультаций"
PARTS = "Catalog_РазделыПОДляКонсультаций"
CATEGORIES = "Catalog_КатегорииВопросов"
QUESTIONS = "Catalog_ВопросыНаКонсультацию"
KNOWLEDGE = "Catalog_БазаЗнанийДляКонсультаций"
HINDRANCES = "Catalog_ПомехиДляКонсультаций"
LANGUAGES = "Catalog_Языки"
REDATES = "InformationRegister_РегистрацияПереносаКонсультации"
RATINGS = "InformationRegister_ОценкаКонсультацийПоЗаявкам"
CALLS = "InformationRegister_РегистрацияДозвона"
CLOSINGS = "InformationRegister_ЗакрытиеОчередиНаКонсультанта"
USER_DEPARTMENTS = "InformationRegister_ОтделыПользователей"
USER_LANGUAGES = "InformationRegister_ЯзыкиПользователей"
CONSULTANTS = "InformationRegister_СписокКонсультантовДляЗаявок"
USER_CATEGORIES = "InformationRegister_КатегорииВопросовМенеджеров"

_CONTACTS = Section(
    "КонтактнаяИнформация",
    (
        enum("Тип"),
        ref("Вид", "Catalog_ВидыКонтактнойИнформации"),
        text("Представление", 500),
        text("ЗначенияПолей"),
        text("Страна", 100),
        text("Регион", 50),
        text("Город", 50),
        text("АдресЭП", 100),
        text("ДоменноеИмяСервера", 100),
        text("НомерТелефона", 20),
        text("НомерТелефонаБезКодов", 20),
    ),
)

_CALL = document(
    "ТелефонныйЗвонок",
    (
        ref("Абонент", CLIENTS),
        text("АбонентПредставление", 250),
        text("АбонентКакСвязаться", 250),
        ref("Автор", USERS),
        ref("Ответственный", USERS),
        ref("Менеджер", USERS),
        enum("ВидОбращения"),
        enum("Важность"),
        enum("СпособСвязи"),
        flag("Входящий"),
        date("ДатаСоздания"),
        date("ДатаКонсультации"),
        date("Конец"),
        date("ДатаИзменения"),
        flag("ЗакрытоБезКонсультации"),
        text("Тема", 250),
        text("Описание"),
        text("Вопрос"),
        text("Комментарий"),
        ref("Язык", LANGUAGES),
        ref("КатегорияВопроса", CATEGORIES),
        ref("ВопросНаКонсультацию", QUESTIONS),
    ),
    sections=(
        Section(
            "КонсультацииИТС",
            (
                ref("ВидПО", SOFTWARE),
                ref("РазделПО", PARTS),
                ref("НаличиеПомех", HINDRANCES),
                ref("ПомощьМенеджера", USERS),
                flag("ПовторноеОбращение"),
                text("Вопрос"),
                text("Ответ"),
            ),
        ),
        Section("ВопросыИОтветы", (text("Вопрос"), text("Ответ"))),
    ),
    indexes=(
        ("ДатаИзменения",),
        ("ДатаСоздания", "Ref_Key", "DataVersion", "DeletionMark"),
        ("ДатаКонсультации",),
        ("Абонент_Key", "ДатаКонсультации"),
        ("Менеджер_Key",),
    ),
    daily_limit=True,
    synonym="Телефонный звонок",
)

_CLIENTS = catalog(
    "Контрагенты",
    only(
        "item",
        text("НаименованиеПолное", 250),
        text("ИНН", 14),
        text("ИННФизЛица", 14),
        enum("ЮридическоеФизическоеЛицо"),
        number("КодАбонентаClobus"),
        text("Страна", 60),
        text("Регион", 60),
        text("Город", 60),
        text("Подписка", 50),
        date("ДатаНачалаПодписки"),
        date("ДатаОкончанияПодписки"),
        ref("Тариф", "Catalog_Тарифы"),
        ref("ТарифныйПериод", "Catalog_ТарифныеПериоды"),
        ref("Организация", "Catalog_Организации"),
        text("Комментарий"),
    ),
    sections=(_CONTACTS,),
    hierarchical=True,
    indexes=(("ИНН",), ("Parent_Key",), ("КодАбонентаClobus",), ("Description",)),
)

_STAFF = (
    catalog(
        "Пользователи",
        (flag("Недействителен"), flag("Служебный"), text("Комментарий")),
        sections=(_CONTACTS,),
        code_length=50,
    ),
    catalog("Отделы", ()),
    register("ОтделыПользователей", (ref("Менеджер", USERS), ref("Отдел", DEPARTMENTS))),
    register("ЯзыкиПользователей", (ref("Менеджер", USERS), ref("Язык", LANGUAGES))),
    register(
        "СписокКонсультантовДляЗаявок",
        (ref("Менеджер", USERS),),
        (number("ЛимитКонсультаций"), date("ВремяРаботыНачало"), date("ВремяРаботыКонец")),
        periodic=True,
    ),
    register("КатегорииВопросовМенеджеров", (ref("Менеджер", USERS), ref("КатегорияВопроса", CATEGORIES))),
)

_DICTIONARIES = (
    catalog("ВидыПОДляКонсультаций", (text("Описание"),)),
    catalog("РазделыПОДляКонсультаций", (text("Описание"),), owner=SOFTWARE),
    catalog("КатегорииВопросов", (ref("Язык", LANGUAGES),)),
    catalog(
        "ВопросыНаКонсультацию",
        (ref("Язык", LANGUAGES), ref("Категория", CATEGORIES), text("ПолезнаяИнформация"), text("Вопрос")),
    ),
    catalog(
        "БазаЗнанийДляКонсультаций",
        (ref("ВидПО", SOFTWARE), ref("РазделПО", PARTS), ref("Автор", USERS), text("Вопрос"), text("Ответ")),
    ),
    catalog("ПомехиДляКонсультаций", ()),
)

_REGISTERS = (
    register(
        "РегистрацияПереносаКонсультации",
        (ref("ДокументОбращения", CALL), ref("Абонент", CLIENTS), ref("Менеджер", USERS)),
        (date("СтараяДата"), date("НоваяДата"), text("Комментарий")),
        periodic=True,
    ),
    register(
        "ОценкаКонсультацийПоЗаявкам",
        (ref("Обращение", CALL), number("НомерВопроса", "Int16")),
        (
            ref("Контрагент", CLIENTS),
            ref("Менеджер", USERS),
            number("Оценка", "Int16"),
            text("Вопрос"),
            text("Комментарий"),
            flag("ОтправленаБаза"),
            date("ДатаОценки"),
        ),
        periodic=True,
    ),
    register(
        "РегистрацияДозвона",
        (ref("ДокументОбращения", CALL), ref("Абонент", CLIENTS), ref("Менеджер", USERS)),
        (text("Комментарий"),),
        periodic=True,
    ),
    register("ЗакрытиеОчередиНаКонсультанта", (date("Дата"), ref("Менеджер", USERS)), (flag("Закрыт"),)),
    register(
        "СводкаКонсультаций",
        (ref("Менеджер", USERS),),
        tuple(
            number(name, "Int32")
            for name in (
                "Обращений",
                "Закрыто",
                "Отменено",
                "Перенесено",
                "Повторных",
                "ПервыйОтветСекунд",
                "ЗакрытиеСекунд",
                "Оценок",
                "СуммаОценок",
                "ВСрок",
                "НеВСрок",
            )
        ),
        periodic=True,
    ),
)

SCHEMA = Schema((_CALL, _CLIENTS, *_STAFF, *_DICTIONARIES, *_REGISTERS))
