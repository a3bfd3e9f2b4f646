/** Two arcs that close a ring: three systems that agree. */
export function Logo() {
  return (
    <span className="flex items-center gap-2.5 text-[1.05rem] font-semibold tracking-tight text-ink">
      <svg aria-hidden viewBox="0 0 28 28" className="size-7 text-accent">
        <path d="M14 3a11 11 0 0 1 9.5 16.5" fill="none" stroke="currentColor" strokeWidth="4" strokeLinecap="round" />
        <path d="M20 23.2A11 11 0 0 1 4.5 8.5" fill="none" stroke="currentColor" strokeWidth="4" strokeLinecap="round" opacity=".55" />
        <circle cx="14" cy="14" r="3.4" fill="currentColor" />
      </svg>
      Clobus
    </span>
  );
}
