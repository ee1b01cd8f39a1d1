-- Percentiles by day of year
-- What is usual and what is rare for a day of the year, from all cells of ten years.
-- xarray: ds.tmax.groupby("time.dayofyear").quantile([0.1, 0.5, 0.9], dim=...)

SELECT dayofyear(time) AS day,
    round(percentile_cont(0.1) WITHIN GROUP (ORDER BY tmax), 2) AS p10,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY tmax), 2) AS p50,
    round(percentile_cont(0.9) WITHIN GROUP (ORDER BY tmax), 2) AS p90
FROM daily
WHERE dayofyear(time) % 30 = 1
GROUP BY dayofyear(time)
ORDER BY day;
