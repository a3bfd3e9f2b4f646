"use client";

import { useTranslations } from "next-intl";
import { useInAddress } from "@/shared/lib/address";
import { PageHeader } from "@/shared/ui/page";
import { Tabs } from "@/shared/ui/tabs";
import { Dictionaries } from "./dictionaries";
import { Messages } from "./messages";
import { Asked } from "./asked";
import { Words } from "./words";

/** The words of the desk: 1C's, which are edited there, our own, and what people are told. */
export function WordsPage() {
  const t = useTranslations("words");
  const [tab, setTab] = useInAddress("tab", "articles");
  return (
    <>
      <PageHeader title={t("title")} text={t("text")} />
      <Tabs
        label={t("title")}
        value={tab}
        onChange={setTab}
        tabs={[
          { value: "articles", label: t("articles.title"), content: <Words key="articles" kind="articles" /> },
          { value: "questions", label: t("questions.title"), content: <Words key="questions" kind="questions" /> },
          { value: "asked", label: t("asked.title"), content: <Asked /> },
          { value: "dictionaries", label: t("dictionaries.title"), content: <Dictionaries /> },
          { value: "messages", label: t("messages.title"), content: <Messages /> },
        ]}
      />
    </>
  );
}
