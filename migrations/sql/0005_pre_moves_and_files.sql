-- A move that was made here has our own key: its row is written into 1C's register once, and meets ours when it returns.
alter table cons.cons_redate
    add column redate_id uuid unique,
    add column cons_id uuid references cons.cons (cons_id) on delete cascade,
    add column actor text,
    add column sent_at timestamptz;
create index ix_cons_redate_unsent on cons.cons_redate (cons_id) where redate_id is not null and sent_at is null;

-- Files that clients and staff put to a request here; each becomes one message of its conversation.
create table cons.attachments (
    attachment_id uuid primary key,
    cons_id uuid not null references cons.cons (cons_id) on delete cascade,
    name text not null,
    content_type text not null,
    size bigint not null check (size > 0),
    sha256 bytea not null,
    comment text,
    side text not null check (side in ('client', 'staff')),
    actor text not null,
    message_id bigint,
    sent_at timestamptz,
    created_at timestamptz not null default now()
);
create index ix_attachments_cons_id on cons.attachments (cons_id, attachment_id);

-- Pieces, so that no process ever holds a whole file.
create table cons.attachment_pieces (
    attachment_id uuid not null references cons.attachments (attachment_id) on delete cascade,
    position integer not null,
    data bytea not null,
    primary key (attachment_id, position)
);
alter table cons.attachment_pieces alter column data set storage external; -- most files are compressed already

-- Lists go from the newest, page by page.
create index ix_cons_newest on cons.cons (create_date, cons_id);
drop index cons.ix_cons_create_date;
