-- Queries without tables of the user, one a line: what PostgreSQL answers to them is in expressions.json.
select 1, 'a', null, 1.5, 1e3, true, 9999999999
select 1 + 1, 1 + 1.5, 7 / 2, -7 / 2, 7 % 3, 2 ^ 10, 5 - 8, 2 * 3.10
select 1::int2 + 1::int2, 1::int8 + 1, 1::float4 + 1::float8, 1.5::numeric / 3
select 10.0 / 3, 1::numeric / 7, 100000000000000000000.5 * 2, 12.345 - 0.005
select 'a' || 'b', 'a' || 1, 1 || 'a', array[1,2] || 3, 0 || array[1,2], array[1] || array[2]
select 1 = 1, 1 <> 2, 'a' < 'b', null = null, 1 < 2.5, 'a'::name = 'a'::text
select 1 between 0 and 2, 3 not between 1 and 2, 1 in (1, 2), 3 not in (1, null), null in (1)
select true and null, false and null, true or null, not null::bool, true is not null, null is true, null is not true
select 1 is distinct from null, null is not distinct from null, 1 is distinct from 1
select case when true then 1 else 2.5 end, case 2 when 1 then 'a' when 2 then 'b' end, case when false then 1 end
select coalesce(null, 1, 2), nullif(1, 1), nullif('a', 'b'), greatest(1, 3, 2), least('b', 'a'), greatest(null, 1)
select 'abc' like 'a%', 'abc' like '_b_', 'abc' not like 'b%', 'ABC' ilike 'a%', 'a%c' like 'a\%c', 'a/%' like 'a//%' escape '/'
select 'abc' ~ '^a', 'abc' ~* 'B', 'abc' !~ 'd', 'abc' !~* 'B', 'abc' similar to '(a|b)%', 'pg_toast' ~ '^pg_'
select 'pg_catalog' OPERATOR(pg_catalog.~) '^(pg_catalog)$' COLLATE pg_catalog.default
select lower('AbC'), upper('AbC'), initcap('hello wORLD'), length('héllo'), char_length('abc'), octet_length('hé')
select substring('hello' from 2 for 3), substring('hello' from 0 for 3), substr('hello', 3), substring('foobar' from 'o(.)b'), left('hello', 2), right('hello', -2), left('hello', -2)
select lpad('7', 3, '0'), rpad('ab', 5, 'xy'), lpad('hello', 2), trim('  a '), trim(both 'x' from 'xxaxx'), ltrim('xya', 'xy'), rtrim('a  ')
select replace('banana', 'an', 'AN'), translate('12345', '143', 'ax'), split_part('a,b,c', ',', 2), split_part('a,b,c', ',', -1), strpos('high', 'ig'), position('b' in 'abc')
select repeat('ab', 3), reverse('abc'), concat('a', null, 1, true), concat_ws(',', 'a', null, 'b'), format('%s %I %L %%', 'a', 'b c', 'd''e'), format('%2$s %1$s|%1$-5s|%2$5s', 'a', 'b')
select quote_ident('a b'), quote_ident('ab'), quote_ident('select'), quote_ident('A'), quote_literal('it''s'), quote_literal('a\b'), quote_nullable(null)
select ascii('a'), chr(65), to_hex(255), starts_with('hello', 'he'), overlay('Txxxxas' placing 'hom' from 2 for 4)
select regexp_replace('foobarbaz', 'b..', 'X'), regexp_replace('foobarbaz', 'b(..)', 'X\1Y', 'g'), regexp_match('foobarbequebaz', '(bar)(beque)'), regexp_split_to_array('a1b2c', '\d'), regexp_count('abcabc', 'b')
select abs(-3), abs(-2.5), ceil(1.2), floor(-1.2), round(2.5), round(-2.5), round(2.345, 2), trunc(2.789, 1), round(2.5::float8), sign(-3::float8), mod(7, 3), mod(-7, 3)
select sqrt(2::float8), power(2, 10), exp(0::float8), ln(1::float8), pi(), degrees(pi()), gcd(12, 18), div(7, 2), width_bucket(5.3, 0.2, 10.6, 5)
select 1::text, '1'::int, 1.7::int, 2.5::int, 3.5::int, -2.5::int, '1.5'::float8, 't'::bool, 'yes'::bool, 1::bool, true::int, true::text
select '2020-01-02'::date, '2020-01-02 03:04:05'::timestamp, '2020-01-02 03:04:05.5+02'::timestamptz, '12:34'::time, '1 day 2 hours'::interval, '1 year 2 months'::interval
select timestamp '2020-01-31' + interval '1 month', date '2020-01-01' + 5, date '2020-03-01' - date '2020-02-01', timestamp '2020-01-02' - timestamp '2020-01-01', interval '1 day' * 3, interval '1 day' / 2
select date_trunc('month', timestamp '2020-05-17 10:11:12'), date_trunc('week', timestamp '2020-05-17'), date_trunc('quarter', timestamp '2020-05-17'), date_trunc('decade', timestamp '2025-05-17')
select extract(year from timestamp '2020-05-17 10:11:12.5'), extract(epoch from timestamp '2020-05-17'), extract(second from timestamp '2020-05-17 10:11:12.5'), extract(dow from date '2020-05-17'), extract(week from date '2020-12-31'), extract(isoyear from date '2021-01-01')
select date_part('doy', timestamp '2020-12-31'), date_part('hour', interval '5 hours 3 minutes'), date_part('epoch', interval '1 day'), date_part('quarter', date '2020-05-17')
select age(timestamp '2020-05-17', timestamp '2019-03-01'), make_date(2020, 2, 29), to_timestamp(1577836800), to_timestamp(0.5)
select to_char(timestamp '2020-05-07 09:08:07.123456', 'YYYY-MM-DD HH24:MI:SS.US'), to_char(timestamp '2020-05-07 15:08:07', 'HH12:MI AM'), to_char(timestamp '2020-05-07', 'Day, DDth Month YYYY'), to_char(timestamp '2020-05-07', 'FMDay, FMDDth FMMonth YYYY'), to_char(timestamp '2020-05-07', 'IYYY-IW Q DDD WW W D J')
select now() is not null, current_timestamp = now(), current_date = now()::date, localtimestamp is not null, clock_timestamp() >= now()
select timezone('UTC', timestamptz '2020-01-01 00:00+00'), timestamp '2020-01-01' at time zone 'UTC', timestamptz '2020-01-01 00:00+00' at time zone '+02:00'
select array[1,2,3], array['a','b'], array[[1,2],[3,4]], '{1,2,3}'::int[], array[]::text[], array[1,null,2], array['a b','c"d','NULL','']
select (array[1,2,3])[2], (array[1,2,3])[5], (array[1,2,3])[2:3], (array[[1,2],[3,4]])[2][1], ('1 2 3'::int2vector)[0], (current_schemas(true))[1]
select 1 = any(array[1,2]), 3 = all(array[3,3]), 1 <> all(array[2,3]), 5 > any(array[1,9]), 'a' = any('{a,b}'::text[]), null = any(array[1]), 1 = any(array[null,1])
select array_length(array[1,2,3], 1), array_upper(array[1,2], 1), array_lower(array[1,2], 1), array_ndims(array[[1],[2]]), cardinality(array[[1,2],[3,4]]), array_dims(array[[1,2],[3,4]]), array_length('{}'::int[], 1)
select array_to_string(array[1,null,3], ','), array_to_string(array[1,null,3], ',', '*'), string_to_array('a,b,c', ','), string_to_array('a,,c', ',', ''), string_to_array('abc', null)
select array_append(array[1], 2), array_prepend(0, array[1]), array_cat(array[1], array[2]), array_position(array['a','b'], 'b'), array_positions(array[1,2,1], 1), array_remove(array[1,2,1], 1), array_replace(array[1,2], 1, 9)
select array[1,2] @> array[1], array[1] <@ array[1,2], array[1,2] && array[2,3], array[1,2] = array[1,2], array[1,2] < array[1,3]
select * from generate_series(1, 5)
select * from generate_series(1, 10, 3) as s(n)
select * from generate_series(5, 1, -2) n
select generate_series(1, 3), 'x'
select generate_series(1, 2) a, generate_series(1, 3) b
select * from unnest(array['a','b']) with ordinality
select * from unnest(array[1,2], array['x','y','z']) as t(a, b)
select generate_subscripts(array['a','b','c'], 1)
select (information_schema._pg_expandarray(array['a','b'])).n
select information_schema._pg_expandarray(array['a','b'])
select * from information_schema._pg_expandarray(array[7,8])
select * from (values (1, 'a'), (2, 'b')) v(n, t) order by n desc
values (1, 'a'), (2, null)
select count(*), count(n), sum(n), avg(n), min(n), max(n) from (values (1), (2), (null)) v(n)
select sum(n), avg(n) from (values (1::int8), (2)) v(n)
select sum(n), avg(n), stddev(n), variance(n) from (values (1::float8), (2), (4)) v(n)
select sum(n), avg(n) from (values (1.5), (2.25)) v(n)
select n % 2, count(*), array_agg(n order by n desc), string_agg(n::text, ',' order by n) from generate_series(1, 5) n group by 1 order by 1
select bool_and(b), bool_or(b), every(b) from (values (true), (false), (null)) v(b)
select n, count(*) from (values (1), (1), (2)) v(n) group by n having count(*) > 1
select count(distinct n), sum(distinct n), count(*) filter (where n > 1) from (values (1), (1), (2)) v(n)
select percentile_cont(0.5) within group (order by n), percentile_disc(0.5) within group (order by n), mode() within group (order by n) from (values (1), (2), (2), (10)) v(n)
select n, row_number() over (order by n desc), rank() over (order by n / 2), sum(n) over (order by n), lag(n) over (order by n), lead(n, 1, -1) over (order by n) from generate_series(1, 4) n order by n
select n, count(*) over (partition by n % 2), first_value(n) over (partition by n % 2 order by n), ntile(2) over (order by n) from generate_series(1, 4) n order by n
select distinct n % 2 from generate_series(1, 5) n order by 1
select distinct on (n % 2) n % 2, n from generate_series(1, 5) n order by n % 2, n desc
select 1 union select 2 union select 1 order by 1
select 1 union all select 1 except select 2
select 1 as a, null as b union all select 2, 'x' order by 1
select n from generate_series(1, 3) n intersect select n from generate_series(2, 5) n order by 1
with a as (select 1 as n), b as (select n + 1 as m from a) select * from a, b
with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select sum(n) from t
select (select 1), exists (select 1), exists (select 1 where false), array(select generate_series(1, 3)), 1 in (select 1), 2 not in (select 1)
select n, (select count(*) from generate_series(1, n)) from generate_series(1, 3) n
select * from generate_series(1, 2) a, lateral (select a * 10 as b) x
select a.n, b.n from generate_series(1, 3) a(n) left join generate_series(2, 4) b(n) on a.n = b.n order by 1
select a.n, b.n from generate_series(1, 3) a(n) full join generate_series(2, 4) b(n) using (n) order by 1, 2
select n from generate_series(1, 10) n order by n desc limit 3 offset 2
select n from generate_series(1, 3) n order by n fetch first 2 rows only
select n from (values (2), (null), (1)) v(n) order by n
select n from (values (2), (null), (1)) v(n) order by n desc nulls last
select json_build_object('a', 1, 'b', true, 'c', null, 'd', 'x"y'), json_build_array(1, 'a', null), to_json('a'::text), jsonb_build_object('a', array[1,2])
select json_agg(n), json_object_agg(n, n * 2) from generate_series(1, 2) n
select '{"b": 1, "a": [1, 2]}'::json, '{"b": 1, "a": [1, 2]}'::jsonb
select current_database(), current_schema(), current_schemas(true), current_schemas(false), current_user, session_user, user, current_catalog, current_schema
select pg_catalog.current_setting('max_index_keys'), current_setting('search_path', true), current_setting('nothing.here', true)
select 'pg_class'::regclass, 'pg_class'::regclass::oid, 1259::regclass, 'int4'::regtype, 23::regtype::text, 'pg_catalog'::regnamespace, 'array_in'::regproc, 0::regclass, 999999::regclass
select to_regclass('nothing'), to_regclass('pg_class'), to_regtype('int4'), to_regtype('nothing'), to_regproc('now'), to_regnamespace('pg_catalog')
select 'air'::regclass::oid, 'public.air'::regclass, 'era5.t2m'::regclass::text, '"air"'::regclass
select format_type(23, null), format_type(1043, 14), format_type(1700, 655366), format_type(1114, -1), format_type(1009, null), format_type(0, null), format_type(999999, null)
select pg_typeof(1), pg_typeof('a'), pg_typeof(1.5), pg_typeof(now()), pg_typeof(array[1]), pg_typeof(null), pg_typeof('a'::name)
select obj_description('air'::regclass), obj_description('public.air'::regclass, 'pg_class'), col_description('air'::regclass, 2), obj_description(1259::oid, 'pg_class')
select pg_table_is_visible('air'::regclass), pg_table_is_visible('era5.t2m'::regclass), pg_type_is_visible('int4'::regtype), pg_function_is_visible('now'::regproc), pg_table_is_visible(1)
select has_table_privilege('air', 'select'), has_schema_privilege('public', 'usage'), has_database_privilege('arrays', 'connect'), has_column_privilege('air', 'lat', 'SELECT'), has_table_privilege('hyperslab', 'air', 'SELECT')
select pg_get_userbyid(10), pg_encoding_to_char(6), pg_size_pretty(123456789::bigint), pg_get_expr(null, 1), pg_get_constraintdef(1), pg_my_temp_schema(), pg_is_in_recovery()
select pg_get_indexdef(2663), pg_get_indexdef(2663, 1, true), pg_get_indexdef(2663, 0, true), pg_get_function_result(938), pg_get_function_arguments(3464)
select 'a'::"char", 'abc'::"char", 'abc'::char(2), 'abc'::varchar(2), 'abc'::bpchar, 'x'::name || 'y', 'a'::char(3) || 'b'
select '\x4142'::bytea, 'a'::text = 'a'::bpchar, 'a '::bpchar = 'a'::bpchar, length('ab  '::bpchar)
select row(1, 'a'), row(1, null), (1, 2) = (1, 2), (1, 2) < (1, 3), row(1, 2) is null
select 1::oid, 4294967295::oid, '1 2'::oidvector, '{1,2}'::oid[], '1'::xid, '(0,1)'::tid
select 1.0::float4, 0.1::float4, 0.1::float8, 1e20::float8, 1e-5::float8, 'nan'::float8, '-infinity'::float8, 123456789.0::float4, 1e15::float8, 1e16::float8
select 1 as "A", 2 as b, 3 "c d", 'x' as select
select 'it''s', E'a\nb', $$dollar$$, U&'\0041'
select 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, 16 >> 2, @ -5, |/ 9.0
select sum(n) from generate_series(1, 3) n where n > 5
select null, null::int, null || 'a', array[null], coalesce(null, null)
select nothing
select nothing()
select 1 from nothing
select 1 / 0
select 'x'::int
select 'nothing'::regclass
select 1 + 'x'
select 'a' + 1
select true + 1
select lower(1)
select sum(1) from pg_class where count(*) > 1
select relname from pg_class group by 1 having relkind = 'r'
select relname, count(*) from pg_class
select n.nope from pg_namespace n
select oid from pg_class, pg_type
select 1 order by 2
select 1 limit -1
select array[1, 'x']
select case when 1 then 2 end
select 9223372036854775807 + 1
select 2147483647 + 1
select 1 union select 'x'
select 1, 2 union select 1
select (select 1, 2)
select (select generate_series(1, 2))
select has_table_privilege('nothing', 'select')
select has_table_privilege('air', 'nothing')
select current_setting('nothing.here')
select '2020-13-01'::date
select 'a' ~ '('
select relname, relkind from pg_class where oid = 'air'::regclass
select c.relname, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where relkind = 'r' and nspname in ('public', 'era5') order by 1
select relnamespace::regnamespace, count(*) from pg_class where relkind = 'v' group by 1 order by 1
select attname, atttypid::regtype, attnum, attnotnull, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'air'::regclass and attnum > 0 order by attnum
select typname, typtype, typcategory, typlen, typelem::regtype, typarray::regtype from pg_type where typname in ('int4', 'text', '_text', 'air', 'sql_identifier') order by typname
select table_schema, table_name, table_type from information_schema.tables where table_schema in ('public', 'era5') order by 1, 2
select column_name, ordinal_position, data_type, is_nullable, numeric_precision, numeric_scale, datetime_precision, udt_name from information_schema.columns where table_name = 'air' order by ordinal_position
select column_name, data_type, domain_name, character_maximum_length, collation_name from information_schema.columns where table_schema = 'information_schema' and table_name = 'tables' order by ordinal_position
select schemaname, tablename, tableowner, hasindexes from pg_tables where schemaname not in ('pg_catalog', 'information_schema')
select indexname, indexdef from pg_indexes where tablename = 'pg_class' order by 1
select schema_name, schema_owner from information_schema.schemata order by 1
select usename, usesuper, passwd from pg_user
select name, setting, vartype, context from pg_settings where name in ('max_index_keys', 'DateStyle', 'statement_timeout', 'block_size') order by name
select oprname, oprleft::regtype, oprright::regtype, oprcode from pg_operator where oprname = '=' and oprleft = 23 order by oprright
select castsource::regtype, casttarget::regtype, castcontext, castmethod from pg_cast where castsource = 23 order by casttarget
select p.proname, p.prorettype::regtype, p.proargtypes, p.provolatile from pg_proc p where proname = 'lower' order by p.oid
select conname, contype, conkey, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'pg_class'::regclass order by 1
select c.relname, i.indkey, i.indisunique, i.indisprimary from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 'pg_class'::regclass order by 1
select domain_name, data_type, character_maximum_length from information_schema.domains order by 1
select rngtypid::regtype, rngsubtype::regtype from pg_range order by rngtypid
select datname, pg_encoding_to_char(encoding), datcollate, datallowconn from pg_database
select word, catcode from pg_get_keywords() where word in ('select', 'abort', 'left', 'between') order by 1
