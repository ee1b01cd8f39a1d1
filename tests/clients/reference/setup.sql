-- The tables that the recorded statements ask for: a grid of 4 times, 10 latitudes and 12 longitudes, row after row.
-- Every number is a sum of powers of two, so that sums and means are the same in every order of adding.
-- `air` is the first object that is made: its number is forced.
create table public.air (time timestamp not null, lat real not null, lon real not null, air double precision);
create schema era5;
create table era5.t2m (time timestamp not null, lat real not null, lon real not null, t2m real);

-- What PostgreSQL says about its own objects is not compared.
delete from pg_description;
delete from pg_shdescription;

comment on table public.air is 'Air temperature';
comment on column public.air.lat is 'latitude (degrees_north)';
comment on column public.air.lon is 'longitude (degrees_east)';
comment on column public.air.air is 'air temperature (K)';
comment on column era5.t2m.t2m is '2 metre temperature (K)';

insert into public.air
select timestamp '2020-01-01' + t * interval '6 hours',
       8 + i * 0.5,
       20 + j * 0.75,
       case when (t + 3 * i + 5 * j) % 13 = 0 then null else 270 + ((7 * t + 5 * i + 11 * j) % 97) * 0.25 end
from generate_series(0, 3) t, generate_series(0, 9) i, generate_series(0, 11) j
order by t, i, j;

insert into era5.t2m
select timestamp '2020-01-01' + t * interval '6 hours',
       8 + i * 0.5,
       20 + j * 0.75,
       case when (t + 3 * i + 5 * j) % 13 = 0 then null else 270 + ((7 * t + 5 * i + 11 * j) % 97) * 0.25 end
from generate_series(0, 3) t, generate_series(0, 9) i, generate_series(0, 11) j
order by t, i, j;
