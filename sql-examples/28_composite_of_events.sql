-- Composite of events
-- A CSV file tells which years were warm or cold in the Pacific; the mean of their Decembers, box by box.
-- xarray: december = ds.sst.sel(lat=slice(-5, 5), time=ds["time.month"] == 12)
--         phase = events.set_index("year").phase.to_xarray().sel(year=december["time.year"])
--         [december.sel(lon=box).groupby(phase).mean(dim=...) for box in (slice(190, 240), slice(130, 150))]

SELECT v.phase, count(DISTINCT v.year) AS years,
    round(avg(e.sst) FILTER (WHERE e.lon BETWEEN 190 AND 240), 2) AS east,
    round(avg(e.sst) FILTER (WHERE e.lon BETWEEN 130 AND 150), 2) AS west
FROM ersst e
JOIN 'data/events.csv' v ON v.year = year(e.time)
WHERE month(e.time) = 12 AND e.lat BETWEEN -5 AND 5
GROUP BY v.phase
ORDER BY east DESC;
