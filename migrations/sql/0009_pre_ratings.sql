-- What clients are asked when a consultation is over. Who changes a text changes what is asked from then on.
create table dict.rating_questions (
    number integer primary key check (number between 1 and 99),
    uz text not null check (uz <> ''),
    ru text not null check (ru <> ''),
    en text not null check (en <> ''),
    active boolean not null default true,
    position integer not null default 0,
    updated_at timestamptz not null default now()
);
insert into dict.rating_questions (number, uz, ru, en, position) values
    (1, 'Maslahatni umuman qanday baholaysiz?', 'Как вы оцениваете консультацию в целом?',
     'How would you rate the consultation as a whole?', 1),
    (2, 'Maslahatchi masalangizni tushunib, hal qildimi?', 'Консультант понял и решил вашу задачу?',
     'Did the consultant understand and solve your problem?', 2),
    (3, 'Maslahatchi xushmuomala va tushunarli gapirdimi?', 'Консультант был вежлив и говорил понятно?',
     'Was the consultant polite and easy to understand?', 3);

-- One row a request whose client is to be asked, was asked, or has answered.
create table cons.rating_requests (
    cons_id uuid primary key references cons.cons (cons_id) on delete cascade,
    -- set while somebody has to ask
    due_at timestamptz,
    asked_at timestamptz,
    asks integer not null default 0,
    -- of the link that was sent last; the token itself is kept nowhere
    token_hash bytea unique,
    answered_at timestamptz,
    answered_by text,
    via text check (via in ('link', 'telegram', 'api', 'chatwoot', 'onec')),
    check ((answered_at is null) = (via is null))
);
create index ix_rating_requests_due_at on cons.rating_requests (due_at) where due_at is not null;

alter table cons.cons_rating_answers
    -- set when the answer was given to us; of the others 1C alone knows
    add column cons_id uuid references cons.cons (cons_id) on delete cascade,
    -- the moment under which 1C's register keeps the record
    add column period timestamptz,
    -- an answer of ours that 1C does not have (so) yet has a version beyond the one that was sent
    add column version integer not null default 0,
    add column sent_version integer not null default 0;
create index ix_cons_rating_answers_cons_id on cons.cons_rating_answers (cons_id) where cons_id is not null;
create index ix_cons_rating_answers_rating_date on cons.cons_rating_answers (rating_date);

-- When marks last changed as news: those of the first load are history, of which Chatwoot is not told.
alter table cons.cons add column rated_at timestamptz;
