"use client";

import { useTranslations } from "next-intl";
import { Link } from "@/shared/i18n/link";
import type { Asked, Heat } from "../api";
import { addressOf } from "../asked";

const DAYS = ["1", "2", "3", "4", "5", "6", "7"] as const;

/** Requests by hour and day of the week; each cell leads to its requests. */
export default function HeatMap({ heat, asked }: { heat: Heat; asked: Asked }) {
  const t = useTranslations("reports");
  const at = new Map(heat.cells.map((cell) => [`${cell.weekday}-${cell.hour}`, cell.n]));
  const top = Math.max(1, ...heat.cells.map((cell) => cell.n));
  const seen = heat.cells.map((cell) => cell.hour);
  const first = Math.min(8, ...seen), last = Math.max(18, ...seen);
  const hours = Array.from({ length: last - first + 1 }, (_, number) => first + number);
  const days = DAYS.map((day) => t(`weekdays.${day}`));
  return (
    <table className="w-full min-w-[40rem] table-fixed border-separate border-spacing-1 text-center text-sm">
      <caption className="sr-only">{t("heat")}</caption>
      <thead>
        <tr>
          <td className="w-12" />
          {hours.map((hour) => <th key={hour} scope="col" className="num font-normal text-muted">{hour}</th>)}
        </tr>
      </thead>
      <tbody>
        {days.map((day, number) => (
          <tr key={day}>
            <th scope="row" className="text-left font-normal text-muted">{day}</th>
            {hours.map((hour) => {
              const n = at.get(`${number + 1}-${hour}`) ?? 0;
              return (
                <td key={hour} className="relative h-11 overflow-hidden rounded-lg bg-sunken p-0">
                  {n > 0 && <span aria-hidden className="absolute inset-0 bg-accent" style={{ opacity: 0.08 + 0.37 * (n / top) }} />}
                  {n > 0 && (
                    <Link
                      href={addressOf("/reports/requests", asked, { weekday: number + 1, hour })}
                      aria-label={t("heat_cell", { day, hour, n })}
                      className="num absolute inset-0 grid place-items-center outline-offset-[-2px] hover:underline"
                    >
                      {n}
                    </Link>
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
