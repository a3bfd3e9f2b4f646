-- Who registered by telephone has no e-mail: what happens to his account is told in his chat with the bot.
alter table log.letters
    alter column email drop not null,
    add column telegram_user_id bigint,
    add constraint ck_letters_somebody check ((email is null) <> (telegram_user_id is null));

create or replace view sys.dead_letters as
select 'outbox' as kind, system || ':' || subject || ':' || subject_id as id, error_class, last_error as error,
       attempts, first_at, next_at as last_at, jsonb_build_object('system', system, 'subject', subject,
       'subject_id', subject_id, 'wanted_version', wanted_version) as payload
from sys.outbox where state = 'dead'
union all
select 'record', process || ':' || record_key, error_class, error, attempts, first_at, last_at, payload
from sys.bad_records
union all
select 'webhook', source || ':' || id, 'unhandled', error_message, attempts, created_at, coalesce(handled_at, next_at),
       payload
from log.webhook_log where state = 'dead'
union all
select 'notification', id::text, state, error, attempts, created_at, coalesce(sent_at, next_at),
       jsonb_build_object('type', notification_type, 'entity_id', entity_id, 'language', language)
from log.notification_log where state in ('unknown', 'failed')
union all
select 'letter', id::text, state, regexp_replace(error, '[^\s<>"]+@', '***@', 'g'), attempts, created_at, next_at,
       jsonb_build_object('type', type, 'language', language, 'expires_at', expires_at,
                          'to', coalesce(left(email, 1) || '***' || substring(email from '@[^@]*$'), 'Telegram'))
from log.letters where state in ('unknown', 'failed');
