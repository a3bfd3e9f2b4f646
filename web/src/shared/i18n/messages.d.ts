// The English catalogue types every key: a text that is missing is an error of the build. One line for each feature.
import type acts from "../../../messages/en/acts.json";
import type codes from "../../../messages/en/codes.json";
import type common from "../../../messages/en/common.json";
import type nav from "../../../messages/en/nav.json";
import type auth from "../../../messages/en/auth.json";
import type home from "../../../messages/en/home.json";
import type requests from "../../../messages/en/requests.json";
import type fresh from "../../../messages/en/new.json";
import type settings from "../../../messages/en/settings.json";
import type organisation from "../../../messages/en/organisation.json";
import type reports from "../../../messages/en/reports.json";
import type desk from "../../../messages/en/desk.json";
import type ops from "../../../messages/en/ops.json";
import type panel from "../../../messages/en/panel.json";
import type words from "../../../messages/en/words.json";
import type article from "../../../messages/en/article.json";
import type merges from "../../../messages/en/merges.json";
import type people from "../../../messages/en/people.json";
import type { Locale as Known } from "./locales";

declare module "next-intl" {
  interface AppConfig {
    Locale: Known;
    Messages: {
      acts: typeof acts;
      codes: typeof codes;
      common: typeof common;
      nav: typeof nav;
      auth: typeof auth;
      home: typeof home;
      requests: typeof requests;
      organisation: typeof organisation;
      settings: typeof settings;
      reports: typeof reports;
      new: typeof fresh;
      words: typeof words;
      panel: typeof panel;
      ops: typeof ops;
      desk: typeof desk;
      article: typeof article;
      merges: typeof merges;
      people: typeof people;
    };
  }
}
