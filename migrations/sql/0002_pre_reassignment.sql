-- Requests whose manager takes no more that day: who could take each instead, and what was decided.
create table cons.reassignments (
    id bigint generated always as identity primary key,
    cons_id uuid not null references cons.cons (cons_id) on delete cascade,
    from_manager uuid not null,
    to_manager uuid not null,
    day date not null,
    reason jsonb not null,
    state text not null default 'proposed' check (state in ('proposed', 'accepted', 'declined', 'done', 'void')),
    proposed_at timestamptz not null default now(),
    decided_at timestamptz,
    decided_by text
);
create unique index uq_reassignments_open on cons.reassignments (cons_id) where state in ('proposed', 'accepted');
create index ix_reassignments_cons_id on cons.reassignments (cons_id);
create index ix_reassignments_state on cons.reassignments (state, id desc);
