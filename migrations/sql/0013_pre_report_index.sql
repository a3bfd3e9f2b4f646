-- Whether a client asked again within days is looked up for every request that changes: by client, then by the day.
create index ix_cons_client_date on cons.cons (client_id, create_date);
drop index cons.ix_cons_client_id;
