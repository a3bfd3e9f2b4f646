-- Sums that know a manager or a category together with the rest, and histograms as vectors: one row instead of sixty.
-- Everything is folded anew from rep.facts, which stay as they are.
create extension if not exists vector;

drop table rep.by_manager, rep.by_category, rep.by_bucket, rep.by_cell_bucket;
create table rep.by_manager (
    like rep.by_cell, manager uuid not null, primary key (grain, day, manager, kind, channel, language)
) with (fillfactor = 80);
create index ix_by_manager_manager on rep.by_manager (manager, grain, day);
create table rep.by_category (
    like rep.by_cell, category uuid not null, primary key (grain, day, category, kind, channel, language)
) with (fillfactor = 80);
create index ix_by_category_category on rep.by_category (category, grain, day);
-- By everything, of whole months alone: by days it would be as long as the facts.
create table rep.by_all (
    like rep.by_cell, manager uuid not null, category uuid not null,
    primary key (grain, day, manager, category, kind, channel, language)
) with (fillfactor = 80);

-- What one request adds to a histogram, or takes away: a one at its bucket. Bounds of the buckets are in the code.
create table rep.units (
    bucket smallint not null check (bucket between 0 and 62), sign smallint not null check (sign in (-1, 1)),
    counts vector(63) not null, primary key (bucket, sign)
);
insert into rep.units (bucket, sign, counts)
select b, s, array(select case when i = b then s else 0 end from generate_series(0, 62) i order by i)::real[]::vector
from generate_series(0, 62) b, (values (1), (-1)) v (s);

-- Histograms of working seconds: they add up, medians do not. A vector's numbers are exact up to 2^24.
create table rep.times_by_kind (
    grain "char" not null, day date not null, first_times vector(63) not null, answer_times vector(63) not null,
    closing_times vector(63) not null, kind text not null, primary key (grain, day, kind)
) with (fillfactor = 70);
create table rep.times_by_cell (
    like rep.times_by_kind, channel text not null, language text not null,
    primary key (grain, day, kind, channel, language)
) with (fillfactor = 70);
-- Of whole months alone: a manager's days are few enough to be read from the facts, by an index that holds all it takes.
create table rep.times_by_manager (
    like rep.times_by_cell, manager uuid not null, primary key (grain, day, manager, kind, channel, language)
) with (fillfactor = 70);
create table rep.times_by_category (
    like rep.times_by_cell, category uuid not null, primary key (grain, day, category, kind, channel, language)
) with (fillfactor = 70);

drop index rep.ix_facts_manager, rep.ix_facts_category;
create index ix_facts_manager on rep.facts (manager, day)
    include (hour, kind, channel, language, category, first_bucket, answer_bucket, closing_bucket);
create index ix_facts_category on rep.facts (category, day)
    include (hour, kind, channel, language, manager, first_bucket, answer_bucket, closing_bucket);

-- The placeholder that 1C puts where a manager is missing is nobody.
update rep.facts set manager = '00000000-0000-0000-0000-000000000000'
where manager = '062699c7-24b2-11e9-a1e3-60a44cafb67d';

do $$
declare
    measures constant text := 'n, closed_n, cancelled_n, first_sum, first_n, answer_sum, answer_n, closing_sum,'
        ' closing_n, marks_sum, marks_n, rated_n, redates_n, redated_n, repeated_n, first_met, first_missed,'
        ' closing_met, closing_missed';
    times constant text := 'first_times, answer_times, closing_times';
    drawn constant text := '(select f.*, coalesce(a.counts, zero.v) as first_times, coalesce(b.counts, zero.v) as'
        ' answer_times, coalesce(c.counts, zero.v) as closing_times from rep.facts f'
        ' cross join (select array_fill(0::real, array[63])::vector as v) zero'
        ' left join rep.units a on a.sign = 1 and a.bucket = f.first_bucket'
        ' left join rep.units b on b.sign = 1 and b.bucket = f.answer_bucket'
        ' left join rep.units c on c.sign = 1 and c.bucket = f.closing_bucket) d';
    cell constant text := 'kind, channel, language';
    made record;
begin
    for made in
        select name, own, grain, day, shown, total, case when grain = 'd' or monthly then source
                else format('rep.%s where grain = ''d''', name) end as source
        from (values
            ('by_manager', 'manager, ' || cell, measures, 'rep.facts'),
            ('by_category', 'category, ' || cell, measures, 'rep.facts'),
            ('by_all', 'manager, category, ' || cell, measures, 'rep.facts'),
            ('times_by_kind', 'kind', times, drawn), ('times_by_cell', cell, times, drawn),
            ('times_by_manager', 'manager, ' || cell, times, drawn),
            ('times_by_category', 'category, ' || cell, times, drawn)
        ) t (name, own, shown, source)
        cross join lateral (select name in ('by_all', 'times_by_manager', 'times_by_category') as monthly) k
        cross join lateral (select string_agg(format('sum(%s)', m), ', ') as total
            from regexp_split_to_table(shown, ', *') m) s
        cross join (values (1, 'd', 'day'), (2, 'w', 'date_trunc(''week'', day)::date'),
            (3, 'm', 'date_trunc(''month'', day)::date')) g (step, grain, day)
        where not monthly or grain = 'm'
        order by name, step
    loop
        execute format('insert into rep.%1$I (grain, day, %2$s, %3$s) select %4$L::"char", %5$s, %2$s, %6$s from %7$s'
            ' group by %5$s, %2$s order by %5$s, %2$s', made.name, made.own, made.shown, made.grain, made.day, made.total, made.source);
    end loop;
end $$;
