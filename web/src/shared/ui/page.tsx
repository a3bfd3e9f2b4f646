import clsx from "clsx";
import type { ReactNode } from "react";

/** The head of a page: its one h1, a line about it, and what can be done. */
export function PageHeader({ title, text, actions, above }: { title: ReactNode; text?: ReactNode; actions?: ReactNode; above?: ReactNode }) {
  return (
    <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
      <div className="min-w-0">
        {above && <div className="mb-1 text-sm text-muted">{above}</div>}
        <h1 className="wrap-anywhere text-2xl leading-tight font-semibold sm:text-[1.75rem]">{title}</h1>
        {text && <p className="mt-1.5 max-w-2xl text-muted">{text}</p>}
      </div>
      {actions && <div className="flex flex-wrap gap-2 print:hidden">{actions}</div>}
    </header>
  );
}

/** A card with a heading. */
export function Section({ title, text, actions, flush = false, className, children }: { title?: ReactNode; text?: ReactNode; actions?: ReactNode; flush?: boolean; className?: string; children: ReactNode }) {
  return (
    <section className={clsx("card", className)}>
      {(title || actions) && (
        <div className={clsx("flex flex-wrap items-center justify-between gap-3 px-5 pt-4", flush && "pb-3")}>
          <div>
            {title && <h2 className="text-lg font-semibold">{title}</h2>}
            {text && <div className="text-sm text-muted">{text}</div>}
          </div>
          {actions}
        </div>
      )}
      <div className={flush ? undefined : "p-5"}>{children}</div>
    </section>
  );
}

/** A number with its name. */
export function Figure({ label, value, note }: { label: string; value: ReactNode; note?: ReactNode }) {
  return (
    <div className="card px-5 py-4">
      <p className="text-sm text-muted">{label}</p>
      <p className="num mt-1 text-2xl font-semibold">{value}</p>
      {note && <p className="mt-0.5 text-sm text-muted">{note}</p>}
    </div>
  );
}

/** Names and values of one thing. */
export function Facts({ items }: { items: { name: string; value: ReactNode }[] }) {
  return (
    <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-[minmax(8rem,auto)_1fr]">
      {items.map((each) => (
        <div key={each.name} className="contents">
          <dt className="text-sm text-muted max-sm:-mb-2 sm:pt-0.5">{each.name}</dt>
          <dd className="min-w-0 break-words">{each.value}</dd>
        </div>
      ))}
    </dl>
  );
}
