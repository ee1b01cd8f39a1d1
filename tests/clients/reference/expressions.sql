-- One statement a line; a line that is no query is an expression. `functions.py` asks PostgreSQL for the answers.

-- to_char of a time
to_char(timestamp '2024-03-05 14:07:09.123456', 'YYYY-MM-DD HH24:MI:SS')
to_char(timestamp '2024-03-05 14:07:09.123456', 'YYYY-MM-DD HH24:MI:SS.US')
to_char(timestamp '2024-03-05 14:07:09.123456', 'HH12:MI:SS.MS AM')
to_char(timestamp '2024-03-05 02:07:09.123456', 'HH:MI:SS p.m.')
to_char(timestamp '2024-03-05 02:07:09.123456', 'HH:MI:SS A.M. am PM P.M.')
to_char(timestamp '2024-03-05 14:07:09', 'Day, DD Month YYYY')
to_char(timestamp '2024-03-05 14:07:09', 'FMDay, FMDD FMMonth YYYY')
to_char(timestamp '2024-03-05 14:07:09', 'DAY Day day DY Dy dy')
to_char(timestamp '2024-03-05 14:07:09', 'MONTH Month month MON Mon mon')
to_char(timestamp '2024-03-05 14:07:09', 'FMMONTH|FMMonth|FMmonth|FMDAY|FMday')
to_char(timestamp '2024-03-05 14:07:09', 'Y YY YYY YYYY Y,YYY')
to_char(timestamp '2024-03-05 14:07:09', 'I IY IYY IYYY IW ID IDDD')
to_char(timestamp '2024-12-30 14:07:09', 'IYYY-"W"IW-ID')
to_char(timestamp '2023-01-01 00:00:00', 'IYYY-"W"IW-ID WW W D DDD')
to_char(timestamp '2024-03-05 14:07:09', 'DDD DD D J Q CC')
to_char(timestamp '2024-03-05 14:07:09', 'FMDDD FMDD FMMM FMHH12 FMMI')
to_char(timestamp '2024-03-05 14:07:09', 'DDth DDTH FMDDth MMth HH24TH')
to_char(timestamp '2024-03-01 14:07:09', 'FMDDth FMDDDth YYYYth')
to_char(timestamp '2024-03-02 14:07:09', 'FMDDth')
to_char(timestamp '2024-03-03 14:07:09', 'FMDDth')
to_char(timestamp '2024-03-11 14:07:09', 'FMDDth')
to_char(timestamp '2024-03-12 14:07:09', 'FMDDth')
to_char(timestamp '2024-03-13 14:07:09', 'FMDDth')
to_char(timestamp '2024-03-21 14:07:09', 'FMDDth')
to_char(timestamp '2024-03-05 14:07:09.987654', 'FF1 FF2 FF3 FF4 FF5 FF6')
to_char(timestamp '2024-03-05 14:07:09.987654', 'MS US')
to_char(timestamp '2024-03-05 14:07:09.007', 'FMMS FMUS')
to_char(timestamp '2024-03-05 14:07:09', 'SSSS SSSSS')
to_char(timestamp '2024-03-05 14:07:09', 'RM rm FMRM')
to_char(timestamp '2024-12-05 14:07:09', 'RM|rm|FMRM')
to_char(timestamp '2024-03-05 14:07:09', 'AD BC a.d. b.c. ad')
to_char(timestamp '0044-03-15 00:00:00 BC', 'YYYY-MM-DD BC')
to_char(timestamp '2024-03-05 14:07:09', 'TZ|tz|OF|TZH|TZM')
to_char(timestamptz '2024-03-05 14:07:09+00', 'TZ|tz|OF|TZH:TZM')
to_char(timestamp '2024-03-05 14:07:09', '"Year" YYYY "quoted \" HH24"')
to_char(timestamp '2024-03-05 14:07:09', 'YYYY\"Q\"Q')
to_char(timestamp '2024-03-05 14:07:09', 'yyyy-mm-dd hh24:mi:ss')
to_char(timestamp '2024-03-05 14:07:09', 'YYYYMMDD')
to_char(timestamp '2024-03-05 14:07:09', 'YYYYMMDDHH24MISS')
to_char(timestamp '2024-03-05 14:07:09', 'TMMonth TMDay TMMon TMDy')
to_char(timestamp '2024-03-05 14:07:09', 'FXYYYY-MM-DD')
to_char(timestamp '2024-03-05 14:07:09', 'DL')
to_char(timestamp '2024-03-05 14:07:09', 'W WW')
to_char(timestamp '2024-03-05 00:07:09', 'HH12 HH24 FMHH24')
to_char(timestamp '2024-03-05 12:07:09', 'HH12 AM')
to_char(timestamp '1999-12-31 23:59:59.999999', 'YYYY-MM-DD HH24:MI:SS.MS')
to_char(timestamp '0900-01-01', 'YYYY FMYYYY Y,YYY CC')
to_char(timestamp '2100-01-01', 'CC')
to_char(timestamp '2024-03-05 14:07:09', 'plain text without patxerns')
to_char(timestamp '2024-03-05 14:07:09', '')
to_char(timestamp '2024-03-05 14:07:09', 'D-th')
to_char(date '2024-03-05', 'YYYY-MM-DD HH24')
to_char(date '2024-03-05', 'Mon YYYY')
to_char(NULL::timestamp, 'YYYY')
to_char(timestamp '2024-03-05', NULL)
SELECT to_char(x, 'YYYY-MM') FROM (VALUES (timestamp '2024-03-05'), (timestamp '1850-11-30')) AS v(x)
SELECT to_char(x, f) FROM (VALUES (timestamp '2024-03-05', 'YYYY'), (timestamp '1850-11-30', 'Mon')) AS v(x, f)
-- to_char of an interval
to_char(interval '15h 2m 12s', 'HH24:MI:SS')
to_char(interval '36 hours', 'HH24:MI:SS')
to_char(interval '36 hours', 'HH12:MI AM')
to_char(interval '3 days 4 hours', 'DD HH24')
to_char(interval '1 year 2 months 3 days', 'YYYY MM DD')
to_char(interval '-1 day -3 hours', 'DD HH24:MI')
to_char(interval '400 days', 'DDD')
to_char(interval '123.456 seconds', 'SS.MS MI')
to_char(interval '14 months', 'Y MM Q')
-- to_char of a number
to_char(125, '999')
to_char(-125, '999')
to_char(125, 'FM999')
to_char(125, '000000')
to_char(125.8, '999D9')
to_char(125.8, '999.99')
to_char(-125.8, '999D99S')
to_char(125.8, 'S999.9')
to_char(1485, '9,999')
to_char(1485, '9G999')
to_char(1485.129, '9G999.99')
to_char(1234567.891, 'FM9,999,999.00')
to_char(1234567.891, '9,999,999.99')
to_char(0.1, '0.9')
to_char(0.1, '9.9')
to_char(0.1, 'FM9.9')
to_char(0.1, 'FM0.99')
to_char(-0.1, '99.99')
to_char(-0.1, 'FM9.99')
to_char(12, '9990999.9')
to_char(12, 'FM9990999.9')
to_char(485, '999')
to_char(-485, '999')
to_char(485, '9 9 9')
to_char(1485, '9 999')
to_char(148.5, '999.999')
to_char(148.5, 'FM999.999')
to_char(148.5, 'FM999.990')
to_char(148.5, '999D999')
to_char(3148.5, '9G999D999')
to_char(-485, '999S')
to_char(-485, '999MI')
to_char(485, '999MI')
to_char(485, 'FM999MI')
to_char(485, 'PL999')
to_char(485, 'SG999')
to_char(-485, 'SG999')
to_char(-485, '9SG99')
to_char(-485, '999PR')
to_char(485, '999PR')
to_char(485, 'RN')
to_char(485, 'FMRN')
to_char(5.2, 'FMRN')
to_char(3999, 'rn')
to_char(4000, 'RN')
to_char(482, '999th')
to_char(481, 'FM999th')
to_char(483, '999TH')
to_char(12, '99th')
to_char(485, '"Good number:"999')
to_char(485.8, '"Pre:"999" Post:" .999')
to_char(12, '99V999')
to_char(12.4, '99V999')
to_char(12.45, '99V9')
to_char(0.0004859, '9.99EEEE')
to_char(123456, '9.999EEEE')
to_char(-123456.0::float8, '9.99EEEE')
to_char(12345, '999')
to_char(-12345, '999')
to_char(12345.6, '999.9')
to_char(1e10::float8, '999')
to_char(0, '999')
to_char(0, '000')
to_char(0, 'FM999')
to_char(0, '9.99')
to_char(0.5, '999')
to_char(1.5, '999')
to_char(2.5, '999')
to_char(2.5::float8, '999')
to_char(3.14159::float8, '9.99')
to_char(3.14159::float4, 'FM9.999')
to_char(1234.5678::float8, 'FM999999.00')
to_char(0.45::float8, '90%')
to_char(45.678, 'FM990.0')
to_char(-45.678, 'FM990.0"°"')
to_char('NaN'::float8, '999.99')
to_char('Infinity'::float8, '999.99')
to_char(100, 'FM$999')
to_char(100, 'L999')
to_char(1234567890123::int8, 'FM999,999,999,999,999')
to_char(NULL::int, '999')
to_char(12345.678, '99,999.9')
to_char(-12345.678, 'S99,999.9')
to_char(5, 'FM00')
to_char(123.456, 'FM999D9')
to_char(0, 'FM9.9')
to_char(10, 'FM99.99')
to_char(1234, 'B9999')
to_char(0, 'B9999')
to_char(12, '0999')
to_char(12, '9099')
to_char(-12, '0999')
to_char(-7, 'FM09MI')
to_char(1000, '9,99,9')
to_char(7, '9,999')
to_char(7, 'FM9,999')
to_char(7, '0,000')
-- to_timestamp and to_date
to_timestamp('2020-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
to_timestamp('2020-02-29 23:59:58.123456', 'YYYY-MM-DD HH24:MI:SS.US')
to_timestamp('05 Dec 2000', 'DD Mon YYYY')
to_timestamp('20240305', 'YYYYMMDD')
to_timestamp('20240305140709', 'YYYYMMDDHH24MISS')
to_timestamp('2024-03-05 02:07 PM', 'YYYY-MM-DD HH12:MI AM')
to_timestamp('2024-03-05 12:07 a.m.', 'YYYY-MM-DD HH:MI a.m.')
to_timestamp('2024-03-05T14:07:09', 'YYYY-MM-DD"T"HH24:MI:SS')
to_timestamp('2024-03-05 14:07:09+02', 'YYYY-MM-DD HH24:MI:SSTZH')
to_timestamp('2024-03-05 14:07:09+02:30', 'YYYY-MM-DD HH24:MI:SSTZH:TZM')
to_timestamp('12.3', 'SS.MS')
to_timestamp('2024-065', 'YYYY-DDD')
to_timestamp('2024-W10-2', 'IYYY-"W"IW-ID')
to_timestamp('97/Feb/16', 'YY/Mon/DD')
to_timestamp('97/2/16 8:14:30', 'FMYYYY/FMMM/FMDD FMHH:FMMI:FMSS')
to_timestamp('1985 January 12', 'YYYY FMMonth DD')
to_timestamp('2011-12-18 11:38 PM', 'YYYY-MM-DD HH12:MI PM')
to_timestamp('2000    JUN', 'YYYY MON')
to_timestamp('2000/JUN', 'YYYY MON')
to_timestamp('  2005 03 02', 'YYYY MM DD')
to_timestamp('2024-13-01', 'YYYY-MM-DD')
to_timestamp('2024-02-30', 'YYYY-MM-DD')
to_timestamp('abc', 'YYYY')
to_timestamp('2024-03-05', 'YYYY-MM-DD HH24:MI:SS')
to_timestamp('15 "text" 3', 'DD "text" MM')
to_timestamp(1284352323)
to_timestamp(1284352323.5)
to_timestamp(0)
to_timestamp(NULL::float8)
to_timestamp('2024-03-05 14:07:09.5', 'YYYY-MM-DD HH24:MI:SS.MS')
to_timestamp('3 4 21 01', 'W MM CC YY')
to_timestamp('2458914', 'J')
to_timestamp('44-02-01 BC', 'YYYY-MM-DD BC')
to_date('05 Dec 2000', 'DD Mon YYYY')
to_date('2024-03-05', 'YYYY-MM-DD')
to_date('03/05/2024', 'MM/DD/YYYY')
to_date('20240305', 'YYYYMMDD')
to_date('2024 5 3', 'YYYY MM DD')
to_date('24-3-5', 'YY-MM-DD')
to_date('70-3-5', 'YY-MM-DD')
to_date('2024-02-30', 'YYYY-MM-DD')
to_date('Mar 2024', 'Mon YYYY')
to_date('2024Q2', 'YYYY"Q"Q')
to_date('15-June-2020', 'DD-Month-YYYY')
to_date(NULL, 'YYYY')
SELECT to_date(x, 'DD.MM.YYYY') FROM (VALUES ('05.03.2024'), (NULL)) AS v(x)
-- age and arithmetic of times
age(timestamp '2001-04-10', timestamp '1957-06-13')
age(timestamp '2024-03-31 12:00', timestamp '2024-02-29 13:00')
age(timestamp '2024-02-29 13:00', timestamp '2024-03-31 12:00')
age(timestamp '2024-01-01', timestamp '2024-01-01')
age(date '2024-03-01', date '2023-12-31')
age(timestamptz '2024-03-01 00:00+00', timestamptz '2023-12-31 10:00+00')
3 * interval '1 day'
interval '1 day' * 3
2.5 * interval '1 hour'
interval '1 day' * 1.5
interval '1 month' * 1.5
interval '1 month' * 0.5
interval '1 hour' / 1.5
interval '1 day' / 2
interval '7 months' / 2
interval '-1 day 2 hours' * 2
900 * interval '1 second'
SELECT n * interval '1 second' FROM (VALUES (1), (90)) AS v(n)
SELECT n * interval '1 hour' FROM (VALUES (1.5::float8), (-0.25)) AS v(n)
SELECT interval '1 day' * n FROM (VALUES (1::bigint), (3)) AS v(n)
SELECT i / n FROM (VALUES (interval '1 day', 2), (interval '3 hours', 4)) AS v(i, n)
SELECT timestamp '2000-01-01' + n * interval '1 day' FROM (VALUES (1), (31)) AS v(n)
SELECT t + n * i FROM (VALUES (timestamp '2000-01-31', 2, interval '1 month')) AS v(t, n, i)
timestamp 'epoch' + 1700000000 * interval '1 second'
timestamp 'epoch'
'epoch'::timestamp
'epoch'::timestamp + interval '1 day'
timestamp 'epoch' + floor(1700000000 / 900) * 900 * interval '1 second'
'epoch'::timestamptz
date 'epoch'
'epoch'::date
timestamp '2001-09-28 01:00' + interval '23 hours'
timestamp '2001-09-29 03:00' - timestamp '2001-09-27 12:00'
timestamp '2001-09-29 03:00' - interval '23 hours'
timestamp '2001-01-31' + interval '1 month'
timestamp '2001-03-31' - interval '1 month'
date '2001-10-01' - date '2001-09-28'
date '2001-09-28' + 7
date '2001-10-01' - 7
7 + date '2001-09-28'
date '2001-09-28' + interval '1 hour'
date '2001-09-28' - interval '1 day'
date '2001-09-28' + time '03:00'
time '05:00' - time '03:00'
time '01:00' + interval '3 hours'
- interval '23 hours'
interval '1 day' + interval '1 hour'
interval '1 day' - interval '1 hour'
SELECT a - b FROM (VALUES (date '2024-03-01', date '2024-02-01')) AS v(a, b)
SELECT a + 1 FROM (VALUES (date '2024-02-28')) AS v(a)
SELECT a + n FROM (VALUES (date '2024-02-28', 2)) AS v(a, n)
SELECT a - b FROM (VALUES (timestamp '2024-03-01 12:00', timestamp '2024-02-01')) AS v(a, b)
SELECT a - date '2024-01-01' FROM (VALUES (timestamp '2024-03-01 12:00')) AS v(a)
(timestamp '2024-03-01' - timestamp '2024-02-01') > interval '20 days'
extract(epoch from timestamp '2024-03-01' - timestamp '2024-02-01')
-- intervals
interval '1 mon 2 days 03:00:00'
interval '1 year 2 months 3 days 4 hours 5 minutes 6 seconds'
interval 'P1M'
interval 'P1Y2M3DT4H5M6S'
interval '1-2'
interval '3 4:05:06'
interval '1' day
interval '1.5' hour
interval '2' month
interval '10' second
interval '1 week'
interval '1 day ago'
interval '1 decade'
interval '1.5 days'
interval '500 milliseconds'
interval '2h'
interval '-2 days'
interval '04:05:06.789'
'1 day'::interval
'01:30:00'::interval
CAST('1 month' AS interval)
'3 days'::interval = interval '72 hours'
interval '1 day' > interval '23 hours'
interval '1 month' > interval '29 days'
justify_days(interval '35 days')
justify_hours(interval '27 hours')
justify_interval(interval '1 mon -1 hour')
make_interval(days => 10)
make_interval(0, 0, 0, 10)
make_date(2013, 7, 15)
make_time(8, 15, 23.5)
make_timestamp(2013, 7, 15, 8, 15, 23.5)
-- parts of a time
extract(year from timestamp '2024-03-05 14:07:09.5')
extract(month from timestamp '2024-03-05 14:07:09.5')
extract(day from timestamp '2024-03-05 14:07:09.5')
extract(hour from timestamp '2024-03-05 14:07:09.5')
extract(minute from timestamp '2024-03-05 14:07:09.5')
extract(second from timestamp '2024-03-05 14:07:09.5')
extract(milliseconds from timestamp '2024-03-05 14:07:09.5')
extract(microseconds from timestamp '2024-03-05 14:07:09.5')
extract(epoch from timestamp '2024-03-05 14:07:09.5')
extract(dow from timestamp '2024-03-03 14:07:09.5')
extract(isodow from timestamp '2024-03-03 14:07:09.5')
extract(doy from timestamp '2024-03-05 14:07:09.5')
extract(week from timestamp '2024-12-30 14:07:09.5')
extract(isoyear from timestamp '2024-12-30 14:07:09.5')
extract(quarter from timestamp '2024-03-05 14:07:09.5')
extract(decade from timestamp '2024-03-05 14:07:09.5')
extract(century from timestamp '2024-03-05 14:07:09.5')
extract(century from timestamp '2000-12-31')
extract(millennium from timestamp '2024-03-05 14:07:09.5')
extract(millennium from timestamp '2000-12-31')
extract(julian from timestamp '2024-03-05 12:00')
extract(year from date '2024-03-05')
extract(epoch from date '2024-03-05')
extract(dow from date '2024-03-05')
extract(epoch from interval '1 day 2 hours')
extract(epoch from interval '1 month')
extract(epoch from interval '1 year')
extract(day from interval '40 days 5 hours')
extract(hour from interval '40 days 5 hours')
extract(month from interval '14 months')
extract(year from interval '14 months')
extract(second from interval '1.5 seconds')
extract(hour from time '14:07:09')
extract(epoch from time '01:00:00')
EXTRACT('year' FROM timestamp '2024-03-05')
date_part('year', timestamp '2024-03-05 14:07:09.5')
date_part('month', timestamp '2024-03-05 14:07:09.5')
date_part('second', timestamp '2024-03-05 14:07:09.5')
date_part('seconds', timestamp '2024-03-05 14:07:09.5')
date_part('epoch', timestamp '2024-03-05 14:07:09.5')
date_part('dow', timestamp '2024-03-05 14:07:09.5')
date_part('isodow', timestamp '2024-03-05 14:07:09.5')
date_part('doy', timestamp '2024-03-05 14:07:09.5')
date_part('week', timestamp '2021-01-01')
date_part('isoyear', timestamp '2021-01-01')
date_part('QUARTER', timestamp '2024-03-05 14:07:09.5')
date_part('decade', timestamp '1999-03-05')
date_part('century', timestamp '1900-03-05')
date_part('hour', interval '40 days 5 hours')
date_part('day', timestamp '2024-03-05' - timestamp '2024-02-01')
date_part('epoch', interval '90 seconds')
date_part('years', timestamp '2024-03-05')
date_part('nonsense', timestamp '2024-03-05')
SELECT extract(epoch from x) FROM (VALUES (timestamp '1850-01-01'), (timestamp '2024-03-05 00:00:00.25')) AS v(x)
SELECT date_part('century', x), date_part('decade', x), date_part('isoyear', x) FROM (VALUES (timestamp '1850-01-01'), (timestamp '2024-12-31')) AS v(x)
-- truncation and bins
date_trunc('hour', timestamp '2001-02-16 20:38:40')
date_trunc('DAY', timestamp '2001-02-16 20:38:40')
date_trunc('Month', timestamp '2001-02-16 20:38:40')
date_trunc('quarter', timestamp '2001-05-16 20:38:40')
date_trunc('week', timestamp '2001-02-16 20:38:40')
date_trunc('year', timestamp '2001-02-16 20:38:40')
date_trunc('decade', timestamp '2001-02-16 20:38:40')
date_trunc('century', timestamp '2001-02-16 20:38:40')
date_trunc('millennium', timestamp '2001-02-16 20:38:40')
date_trunc('milliseconds', timestamp '2001-02-16 20:38:40.123456')
date_trunc('second', timestamp '2001-02-16 20:38:40.123456')
date_trunc('minute', timestamp '2001-02-16 20:38:40.123456')
date_trunc('month', date '2001-02-16')
date_trunc('hour', interval '3 days 02:47:33')
date_trunc('nonsense', timestamp '2001-02-16')
date_trunc('month', timestamptz '2001-02-16 20:38:40+00')
date_bin('15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01')
date_bin(interval '15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01 00:02:30')
date_bin('1 day', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01')
-- times as text and text as times
timestamp '2024-03-05 14:07:09'
timestamp '2024-03-05'
timestamp '2024-03-05 14:07'
timestamp '2024-03-05T14:07:09.123'
timestamp '20240305T140709'
timestamp 'Mar 5 2024 14:07:09'
timestamp '5 March 2024'
timestamp '03/05/2024'
timestamp '2024-03-05 02:07:09 PM'
timestamp 'January 8, 1999'
date '2024-03-05'
date 'Jan 8 1999'
date '19990108'
date '1/8/1999'
time '04:05:06.789'
time '04:05'
time '040506'
time '04:05 AM'
time '04:05 PM'
timestamptz '2024-03-05 14:07:09+02'
timestamptz '2024-03-05 14:07:09Z'
timestamptz '2024-03-05 14:07:09-07:30'
timestamp '2024-03-05 14:07:09+02'
'2024-03-05'::date::timestamp
'2024-03-05 14:07:09'::timestamp::date
'2024-03-05 14:07:09'::timestamp::time
timestamp '2024-03-05 14:07:09'::text
timestamp '2024-03-05 14:07:09.5'::text
timestamp '2024-03-05'::text
date '2024-03-05'::text
time '04:05:06'::text
interval '1 day 2 hours'::text
interval '14 months -3 days'::text
timestamptz '2024-03-05 14:07:09+02'::text
'2024-02-30'::date
'nonsense'::timestamp
timestamp '2024-03-05' = '2024-03-05'
timestamp '2024-03-05' < '2024-03-05 00:00:01'
date '2024-03-05' = '2024-03-05'
date '2024-03-05' = timestamp '2024-03-05'
date '2024-03-05' BETWEEN '2024-03-01' AND '2024-03-31'
timestamp '2024-03-05' IN ('2024-03-05', '2024-03-06')
SELECT x FROM (VALUES (timestamp '2024-03-05'), (timestamp '2024-04-05')) AS v(x) WHERE x >= '2024-04-01'
SELECT x FROM (VALUES (timestamp '2024-03-05'), (timestamp '2024-04-05')) AS v(x) WHERE x::date = '2024-04-05'
timestamp '2024-03-05 12:00' AT TIME ZONE 'UTC'
timestamp '2024-03-05 12:00' AT TIME ZONE 'Europe/Vienna'
timestamptz '2024-03-05 12:00+00' AT TIME ZONE 'America/New_York'
timestamptz '2024-03-05 12:00+00' AT TIME ZONE 'UTC'
timezone('UTC', timestamp '2024-03-05 12:00')
isfinite(timestamp '2024-03-05')
(timestamp '2024-01-01', timestamp '2024-02-01') OVERLAPS (timestamp '2024-01-15', timestamp '2024-03-01')
-- series
SELECT * FROM generate_series(1, 3)
SELECT * FROM generate_series(1, 10, 4)
SELECT * FROM generate_series(3, 1, -1)
SELECT * FROM generate_series(3, 1)
SELECT n FROM generate_series(1, 3) AS n
SELECT n FROM generate_series(1, 3) AS g(n)
SELECT g.n * 2 AS twice FROM generate_series(1, 3) g(n)
SELECT * FROM generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '1 day')
SELECT d FROM generate_series(timestamp '2024-01-31', timestamp '2024-05-01', interval '1 month') AS d
SELECT d::date FROM generate_series('2024-01-01'::date, '2024-01-03'::date, '1 day'::interval) AS d
SELECT date_trunc('day', d) AS d FROM generate_series(timestamp '2024-01-01', timestamp '2024-01-02', '12 hours') AS d
SELECT count(*) FROM generate_series(1, 1000)
SELECT generate_series(1, 3)
SELECT generate_series(1, 3) AS n
SELECT unnest(ARRAY[1, 2])
SELECT * FROM unnest(ARRAY['a', 'b']) AS u(x)
-- aggregates
SELECT count(*) FROM (VALUES (1), (2), (NULL)) AS v(x)
SELECT count(x) FROM (VALUES (1), (2), (NULL)) AS v(x)
SELECT count(DISTINCT x) FROM (VALUES (1), (2), (2)) AS v(x)
SELECT sum(x) FROM (VALUES (1), (2)) AS v(x)
SELECT sum(x::int2) FROM (VALUES (1), (2)) AS v(x)
SELECT sum(x::int8) FROM (VALUES (1), (2)) AS v(x)
SELECT sum(x::float4) FROM (VALUES (1.5), (2)) AS v(x)
SELECT sum(x::float8) FROM (VALUES (1.5), (2)) AS v(x)
SELECT sum(x) FROM (VALUES (1.5), (2)) AS v(x)
SELECT avg(x) FROM (VALUES (1), (2)) AS v(x)
SELECT avg(x::float4) FROM (VALUES (1.5), (2)) AS v(x)
SELECT avg(x::float8) FROM (VALUES (1.5), (2)) AS v(x)
SELECT sum(x) FROM (VALUES (interval '1 day'), (interval '2 hours')) AS v(x)
SELECT avg(x) FROM (VALUES (interval '1 day'), (interval '2 days')) AS v(x)
SELECT min(x), max(x) FROM (VALUES (timestamp '2024-01-01'), (timestamp '2024-02-01')) AS v(x)
SELECT min(x), max(x) FROM (VALUES ('a'), ('b')) AS v(x)
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM (VALUES (1::float8), (2), (4), (10)) AS v(x)
SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY x) FROM (VALUES (1), (2), (4), (10)) AS v(x)
SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY x DESC) FROM (VALUES (1), (2), (4), (10)) AS v(x)
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x) FROM (VALUES (1), (2), (4), (10)) AS v(x)
SELECT percentile_disc(0.75) WITHIN GROUP (ORDER BY x DESC) FROM (VALUES (1), (2), (4), (10)) AS v(x)
SELECT percentile_disc(0) WITHIN GROUP (ORDER BY x) FROM (VALUES (3), (2), (4), (NULL)) AS v(x)
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x) FROM (VALUES ('a'), ('b'), ('c')) AS v(x)
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x) FROM (VALUES (timestamp '2024-01-01'), (timestamp '2024-01-02')) AS v(x)
SELECT mode() WITHIN GROUP (ORDER BY x) FROM (VALUES (1), (2), (2), (NULL)) AS v(x)
SELECT mode() WITHIN GROUP (ORDER BY x) FROM (VALUES ('b'), ('a'), ('b'), ('a')) AS v(x)
SELECT g, mode() WITHIN GROUP (ORDER BY x) FROM (VALUES (1, 5), (1, 5), (1, 3), (2, 7)) AS v(g, x) GROUP BY g ORDER BY g
SELECT string_agg(x, ', ') FROM (VALUES ('a'), ('b'), (NULL)) AS v(x)
SELECT string_agg(x, ',' ORDER BY x DESC) FROM (VALUES ('a'), ('b')) AS v(x)
SELECT string_agg(DISTINCT x, ',') FROM (VALUES ('a'), ('a')) AS v(x)
SELECT array_agg(x) FROM (VALUES (1), (2)) AS v(x)
SELECT array_agg(x ORDER BY x DESC) FROM (VALUES (1), (2)) AS v(x)
SELECT bool_and(x), bool_or(x), every(x) FROM (VALUES (true), (false)) AS v(x)
SELECT stddev(x) FROM (VALUES (1::float8), (2), (4)) AS v(x)
SELECT stddev_pop(x), stddev_samp(x), var_pop(x), var_samp(x), variance(x) FROM (VALUES (1::float8), (2), (4)) AS v(x)
SELECT corr(x, y), covar_pop(x, y), covar_samp(x, y) FROM (VALUES (1::float8, 2::float8), (2, 3), (4, 9)) AS v(x, y)
SELECT regr_slope(y, x), regr_intercept(y, x), regr_r2(y, x) FROM (VALUES (1::float8, 2::float8), (2, 3), (4, 9)) AS v(x, y)
SELECT bit_and(x), bit_or(x) FROM (VALUES (6), (3)) AS v(x)
SELECT count(*) FILTER (WHERE x > 1) FROM (VALUES (1), (2)) AS v(x)
SELECT sum(x) FROM (VALUES (1)) AS v(x) WHERE false
SELECT count(*) FROM (VALUES (1)) AS v(x) WHERE false
SELECT x % 2, count(*) FROM (VALUES (1), (2), (3)) AS v(x) GROUP BY 1 ORDER BY 1
SELECT x % 2 AS odd, count(*) AS n FROM (VALUES (1), (2), (3)) AS v(x) GROUP BY odd HAVING count(*) > 1
SELECT x FROM (VALUES (1), (2)) AS v(x) GROUP BY x HAVING sum(x) > 1
SELECT count(*), count(*) FROM (VALUES (1)) AS v(x)
-- window functions
SELECT row_number() OVER (ORDER BY x) FROM (VALUES (3), (1)) AS v(x) ORDER BY 1
SELECT x, rank() OVER (ORDER BY x), dense_rank() OVER (ORDER BY x) FROM (VALUES (1), (1), (2)) AS v(x) ORDER BY x
SELECT x, lag(x) OVER (ORDER BY x), lead(x, 1, 0) OVER (ORDER BY x) FROM (VALUES (1), (2)) AS v(x) ORDER BY x
SELECT x, sum(x) OVER (ORDER BY x) FROM (VALUES (1), (2)) AS v(x) ORDER BY x
SELECT x, ntile(2) OVER (ORDER BY x), first_value(x) OVER (ORDER BY x), last_value(x) OVER (ORDER BY x) FROM (VALUES (1), (2)) AS v(x) ORDER BY x
SELECT x, avg(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES (1::float8), (2), (6)) AS v(x) ORDER BY x
SELECT x, percent_rank() OVER (ORDER BY x), cume_dist() OVER (ORDER BY x), nth_value(x, 2) OVER (ORDER BY x) FROM (VALUES (1), (2)) AS v(x) ORDER BY x
-- arithmetic
7 / 2
-7 / 2
7 % 3
-7 % 3
7.0 / 2
7 / 2.0
7::float8 / 2
1 / 0
1.0::float8 / 0
2 ^ 3
2::float8 ^ 0.5
|/ 25.0
||/ 27.0
@ -5
5 & 3
5 | 3
5 # 3
~ 5
1 << 4
16 >> 2
2147483647 + 1
2147483647::int8 + 1
1 + 1.5
1::int2 + 1::int2
1::int8 + 1
1::float4 + 1::float8
abs(-5)
abs(-5.5)
abs(-5.5::float8)
ceil(1.2)
ceil(-1.2::float8)
ceiling(1.2::float8)
floor(1.8)
floor(-1.8::float8)
round(2.5)
round(-2.5)
round(2.5::float8)
round(3.5::float8)
round(2.567, 2)
round(1234.567, -2)
trunc(2.567)
trunc(2.567, 2)
trunc(-2.5::float8)
sign(-8.4)
sign(3::float8)
sqrt(2)
sqrt(2::float8)
cbrt(27)
exp(1.0::float8)
ln(2.0::float8)
log(100.0::float8)
log(100)
log(2.0, 64.0)
log10(1000)
power(2, 10)
power(2.0::float8, 0.5::float8)
mod(7, 3)
mod(-7, 3)
mod(7.5, 2)
div(7, 2)
div(-7, 2)
div(7.5, 2)
gcd(12, 18)
lcm(4, 6)
factorial(5)
pi()
degrees(0.5::float8)
radians(180::float8)
sin(1::float8)
cos(1::float8)
tan(1::float8)
asin(0.5::float8)
acos(0.5::float8)
atan(1::float8)
atan2(1, 2)
cot(1::float8)
sinh(1::float8)
cosh(1::float8)
tanh(1::float8)
width_bucket(5.35, 0.024, 10.06, 5)
width_bucket(5.35::float8, 0.024, 10.06, 5)
width_bucket(-1::float8, 0, 10, 5)
width_bucket(11::float8, 0, 10, 5)
width_bucket(5::float8, 10, 0, 5)
greatest(1, 2, NULL)
least(1, 2, NULL)
greatest('a', 'b')
greatest(NULL, NULL)
coalesce(NULL, 1)
nullif(1, 1)
nullif(1, 2)
random() BETWEEN 0 AND 1
SELECT x / 2 FROM (VALUES (7), (-7)) AS v(x)
SELECT round(x, 1) FROM (VALUES (2.25::numeric), (2.35)) AS v(x)
SELECT CEIL(CAST("x" AS DOUBLE PRECISION) / 0.24489795918367346 - 0.5) * 0.24489795918367346 AS bin FROM (VALUES (1.5::float8)) AS v(x)
-- text
'a' || 'b'
'a' || 1
1 || 'a'
'a' || 1.5
'a' || NULL
'a' || true
'x' || timestamp '2024-03-05'
'x' || date '2024-03-05'
concat('a', NULL, 1, true)
concat_ws(',', 'a', NULL, 'b')
concat(1.5::float8, 'x')
upper('abc')
lower('ABC')
initcap('hello wORLD')
length('jose')
length('äö')
char_length('jose')
character_length('jose')
octet_length('äö')
bit_length('jose')
left('abcde', 2)
left('abcde', -2)
right('abcde', 2)
right('abcde', -2)
lpad('hi', 5, 'xy')
rpad('hi', 5, 'xy')
lpad('hello', 2)
ltrim('zzzytest', 'xyz')
rtrim('testxxzx', 'xyz')
btrim('xyxtrimyyx', 'xyz')
trim('  a ')
trim(both 'x' from 'xxax')
trim(leading 'x' from 'xxax')
trim(trailing from 'a  ')
substring('Thomas' from 2 for 3)
substring('Thomas' from 3)
substring('Thomas' for 2)
substring('Thomas', 2, 3)
substring('Thomas' from '...$')
substr('alphabet', 3, 2)
substr('alphabet', -1, 3)
position('om' in 'Thomas')
strpos('high', 'ig')
overlay('Txxxxas' placing 'hom' from 2 for 4)
replace('abcdefabcdef', 'cd', 'XX')
translate('12345', '143', 'ax')
reverse('abcde')
repeat('Pg', 4)
split_part('abc~@~def~@~ghi', '~@~', 2)
split_part('abc,def,ghi', ',', -2)
split_part('abc', ',', 2)
starts_with('alphabet', 'alph')
ascii('x')
chr(65)
md5('abc')
to_hex(255)
quote_ident('Foo bar')
quote_literal('it''s')
format('Hello %s, %1$s', 'World')
encode('abc'::bytea, 'hex')
string_to_array('a,b', ',')
array_to_string(ARRAY[1, 2], ',')
regexp_replace('foobarbaz', 'b..', 'X')
regexp_replace('foobarbaz', 'b..', 'X', 'g')
regexp_replace('foobarbaz', 'b(..)', 'X\1Y', 'g')
regexp_replace('FOO', 'o', 'x', 'gi')
regexp_match('foobarbequebaz', '(bar)(beque)')
regexp_like('Hello World', 'world', 'i')
regexp_count('123456789012', '\d\d\d', 2)
regexp_substr('number 42', '\d+')
'thomas' ~ 't.*ma'
'thomas' ~* 'T.*ma'
'thomas' !~ 't.*max'
'thomas' !~* 'T.*ma'
'abc' LIKE 'a%'
'abc' ILIKE 'A%'
'abc' NOT LIKE 'a%'
'a%c' LIKE 'a\%c'
'a%c' LIKE 'a#%c' ESCAPE '#'
'a_c' LIKE 'a\_c' ESCAPE '\'
'abc' LIKE 'a_c'
'abc' SIMILAR TO '%(b|d)%'
'abc' SIMILAR TO 'a'
'abc' NOT SIMILAR TO 'b%'
'abc' ~~ 'a%'
'abc' ~~* 'A%'
'abc' !~~ 'a%'
'a' COLLATE "C" < 'B' COLLATE "C"
'a' COLLATE "default" = 'a'
'a' < 'B'
E'a\nb'
E'tab\there'
E'\u00e4'
$$it's$$
$tag$a$$b$tag$
'it''s'
U&'\00e4'
'abc' = 'abc '
length('a'::char(5))
'abc'::varchar(2)
'abc'::char(2)
'abc'::bpchar
'abc'::name
'x'::"char"
-- casts
'11'::float8
CAST('11' AS float8)
'11'::int
'11'::int2
'11'::int4
'11'::int8
'1.5'::float4
'1.5'::double precision
'1.50'::numeric
'1.55'::numeric(10,1)
1.5::int
2.5::int
2.5::float8::int
3.5::float8::int
-2.5::float8::int
1.9::int8
'1.5'::int
'abc'::int
' 12 '::int
99999::int2
1::bool
0::bool
true::int
't'::bool
'f'::boolean
'on'::bool
'off'::bool
'yes'::bool
'no'::bool
'1'::bool
'0'::bool
'TRUE'::bool
'nope'::bool
true::text
false::text
1::text
1.5::text
1.5::float8::text
1e20::float8::text
0.1::float4::text
'NaN'::float8
'Infinity'::float8
'-Infinity'::float8
'inf'::float8
'NaN'::float8 = 'NaN'::float8
'NaN'::float8 > 1
'\x414243'::bytea
'{"a": 1}'::json
'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid
123::oid
'{1,2}'::int[]
ARRAY[1,2]::text[]
1::varchar
1::char(3)
NULL::text
NULL::int
NULL::timestamp
NULL
'abc'::text
int4 '5'
float8 '1.5'
bool 't'
text 'abc'
double precision '1.5'
-- conditions
1 = 1
1 <> 2
1 != 2
NULL = NULL
NULL IS NULL
1 IS DISTINCT FROM NULL
1 IS NOT DISTINCT FROM 1
true AND NULL
true OR NULL
NOT true
true IS TRUE
NULL IS UNKNOWN
NULL::bool IS NOT TRUE
1 BETWEEN 0 AND 2
1 BETWEEN SYMMETRIC 2 AND 0
1 IN (1, 2)
1 NOT IN (2, 3)
1 IN (2, NULL)
1 = ANY (ARRAY[1, 2])
1 = ALL (ARRAY[1, 1])
1 = ANY ('{1,2}'::int[])
'a' = ANY (ARRAY['a', 'b'])
true > false
CASE WHEN 1 = 1 THEN 'a' ELSE 'b' END
CASE 1 WHEN 1 THEN 'one' END
CASE WHEN false THEN 1 END
(1, 2) = (1, 2)
(1, 2) < (1, 3)
1 ISNULL
1 NOTNULL
SELECT x FROM (VALUES (true), (false)) AS v(x) WHERE x = 't'
SELECT x FROM (VALUES (1), (2)) AS v(x) WHERE x = '2'
SELECT x FROM (VALUES (1.5::float8), (2)) AS v(x) WHERE x >= '1.6'
EXISTS (SELECT 1)
-- names of columns
1 AS "A b"
1 AS a
1 a
1
'x'
-1
NOT false
1 + 1
SELECT x FROM (VALUES (1)) AS v(x)
SELECT v.x FROM (VALUES (1)) AS v(x)
SELECT x + 1 FROM (VALUES (1)) AS v(x)
SELECT -x FROM (VALUES (1)) AS v(x)
SELECT (x) FROM (VALUES (1)) AS v(x)
SELECT ((x)) FROM (VALUES (1)) AS v(x)
SELECT x::text FROM (VALUES (1)) AS v(x)
SELECT (x + 1)::text FROM (VALUES (1)) AS v(x)
SELECT CAST(x + 1 AS float8) FROM (VALUES (1)) AS v(x)
SELECT CAST(x AS varchar(10)) FROM (VALUES (1)) AS v(x)
SELECT upper(x) FROM (VALUES ('a')) AS v(x)
SELECT upper(x)::varchar FROM (VALUES ('a')) AS v(x)
SELECT count(x), count(*), sum(x), sum(x) FROM (VALUES (1)) AS v(x)
SELECT max(x) + 1, max(x) FROM (VALUES (1)) AS v(x)
SELECT CASE WHEN x = 1 THEN 2 END FROM (VALUES (1)) AS v(x)
SELECT CASE WHEN x = 1 THEN 2 ELSE x END FROM (VALUES (1)) AS v(x)
SELECT coalesce(x, 1), nullif(x, 2), greatest(x, 1), least(x, 1) FROM (VALUES (1)) AS v(x)
SELECT x = 1, x IS NULL, x IN (1) FROM (VALUES (1)) AS v(x)
SELECT extract(year from x), date_trunc('year', x), date_part('year', x) FROM (VALUES (timestamp '2024-03-05')) AS v(x)
SELECT ARRAY[1, 2]
SELECT (SELECT 1)
SELECT (SELECT max(x) FROM (VALUES (1)) AS v(x))
SELECT EXISTS (SELECT 1)
SELECT position('a' in 'ba'), substring('abc' from 2), trim(' a '), overlay('abc' placing 'x' from 1)
SELECT interval '1 day', timestamp '2024-03-05', date '2024-03-05', true, NULL, 1.5, 'x'
SELECT row_number() OVER (), sum(x) OVER () FROM (VALUES (1)) AS v(x)
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM (VALUES (1::float8)) AS v(x)
SELECT x, x FROM (VALUES (1)) AS v(x)
SELECT 1, 1, 2
SELECT x, x::float8, x::text FROM (VALUES (1)) AS v(x)
SELECT a.x, b.x FROM (VALUES (1)) AS a(x), (VALUES (2)) AS b(x)
SELECT * FROM (VALUES (1)) AS a(x), (VALUES (2)) AS b(x)
SELECT * FROM (VALUES (1)) AS a(x) JOIN (VALUES (1, 2)) AS b(x, y) USING (x)
SELECT * FROM (VALUES (1, 'a'))  AS v
VALUES (1, 'a'), (2, 'b')
SELECT "x" FROM (SELECT 1 AS "x") q
SELECT "X" FROM (SELECT 1 AS "X") q
SELECT count FROM (SELECT count(*) FROM (VALUES (1)) AS v(x)) q
SELECT sum FROM (SELECT sum(x) FROM (VALUES (1), (2)) AS v(x)) q
SELECT q.max, q."?column?" FROM (SELECT max(x), 1 + 1 FROM (VALUES (1)) AS v(x)) q
SELECT * FROM (SELECT count(*), avg(x::float8) FROM (VALUES (1)) AS v(x)) q
WITH q AS (SELECT count(*) FROM (VALUES (1)) AS v(x)) SELECT count FROM q
WITH q(n) AS (SELECT count(*) FROM (VALUES (1)) AS v(x)) SELECT n FROM q
SELECT max(x) FROM (VALUES (1)) AS v(x) UNION ALL SELECT 2
SELECT 1 AS a UNION SELECT 2 ORDER BY a
SELECT 1 UNION ALL SELECT 2 ORDER BY 1
SELECT current_date = current_date, now() = now()
SELECT pg_catalog.upper('a'), pg_catalog.count(*) FROM (VALUES (1)) AS v(x)
SELECT 'a' OPERATOR(pg_catalog.~) '^a$'
SELECT 1 OPERATOR(pg_catalog.+) 2
-- order, limits, distinct
SELECT x FROM (VALUES (1), (NULL), (2)) AS v(x) ORDER BY x
SELECT x FROM (VALUES (1), (NULL), (2)) AS v(x) ORDER BY x DESC
SELECT x FROM (VALUES (1), (NULL), (2)) AS v(x) ORDER BY x NULLS FIRST
SELECT x FROM (VALUES (1), (NULL), (2)) AS v(x) ORDER BY x DESC NULLS LAST
SELECT x FROM (VALUES (1), (2), (3)) AS v(x) ORDER BY x LIMIT 2
SELECT x FROM (VALUES (1), (2), (3)) AS v(x) ORDER BY x OFFSET 1
SELECT x FROM (VALUES (1), (2), (3)) AS v(x) ORDER BY x LIMIT ALL
SELECT x FROM (VALUES (1), (2), (3)) AS v(x) ORDER BY x LIMIT NULL
SELECT x FROM (VALUES (1), (2), (3)) AS v(x) ORDER BY x LIMIT 1 OFFSET 1
SELECT x FROM (VALUES (1), (2), (3)) AS v(x) ORDER BY x OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY
SELECT x FROM (VALUES (1), (2), (3)) AS v(x) ORDER BY x FETCH FIRST ROW ONLY
SELECT x FROM (VALUES (1), (2), (3)) AS v(x) ORDER BY x FETCH FIRST 2 ROWS ONLY
SELECT x FROM (VALUES (1), (2), (2)) AS v(x) ORDER BY x FETCH FIRST 2 ROWS WITH TIES
SELECT DISTINCT x FROM (VALUES (1), (2), (2)) AS v(x) ORDER BY x
SELECT DISTINCT ON (x) x, y FROM (VALUES (1, 2), (1, 1), (2, 5)) AS v(x, y) ORDER BY x, y
SELECT DISTINCT x % 2 FROM (VALUES (1), (2), (3)) AS v(x) ORDER BY 1
SELECT x AS y FROM (VALUES (2), (1)) AS v(x) ORDER BY y
SELECT x AS y FROM (VALUES (2), (1)) AS v(x) ORDER BY x
SELECT x FROM (VALUES (2), (1)) AS v(x) ORDER BY -x
SELECT x FROM (VALUES ('b'), ('A'), ('a')) AS v(x) ORDER BY x COLLATE "C"
SELECT count(*) FROM (VALUES (1), (2)) AS v(x) ORDER BY count(*)
SELECT x, count(*) FROM (VALUES (1), (2), (2)) AS v(x) GROUP BY x ORDER BY count(*) DESC, x
SELECT x FROM (VALUES (1), (2), (3)) AS v(x) WHERE x > 1 AND 1 = 1 ORDER BY x FOR UPDATE
TABLE nothing_of_this_name
SELECT sum(x) FROM (VALUES (1), (2), (3)) AS v(x) GROUP BY ()
SELECT x, y, sum(z) FROM (VALUES (1, 1, 1), (1, 2, 2)) AS v(x, y, z) GROUP BY ROLLUP (x, y) ORDER BY 1, 2
SELECT x, grouping(x) FROM (VALUES (1), (2)) AS v(x) GROUP BY GROUPING SETS ((x), ()) ORDER BY 1
SELECT * FROM (VALUES (1), (2)) AS v(x) INTERSECT SELECT 2
SELECT * FROM (VALUES (1), (2)) AS v(x) EXCEPT SELECT 2
SELECT x FROM (VALUES (1), (2)) AS v(x) WHERE x = (SELECT max(y) FROM (VALUES (2)) AS w(y))
SELECT x, l.y FROM (VALUES (1), (2)) AS v(x), LATERAL (SELECT x * 2 AS y) l ORDER BY x
