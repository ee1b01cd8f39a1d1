-- Spread of an ensemble
-- How far the members of the forecasts are from their mean, beside how far their mean is from what happened. An ensemble
-- whose spread is the smaller one is too sure of itself.
-- xarray: spread = np.sqrt(forecast.t2m.var(dim="member", ddof=1).mean(dim=("init", "lat", "lon")))
--         error = forecast.t2m.mean(dim="member") - analysis.t2m.sel(time=forecast.init + forecast.lead)
--         np.sqrt((error**2).mean(dim=("init", "lat", "lon")))

WITH ensemble AS (
    SELECT init, lead, lat, lon, avg(t2m) AS mean, var(t2m) AS variance
    FROM forecast
    GROUP BY init, lead, lat, lon
)
SELECT date_part('day', e.lead) AS day, round(sqrt(avg(e.variance)), 3) AS spread,
    round(sqrt(avg((e.mean - a.t2m) * (e.mean - a.t2m))), 3) AS error
FROM ensemble e
JOIN analysis a ON a.time = e.init + e.lead AND a.lat = e.lat AND a.lon = e.lon
GROUP BY e.lead
ORDER BY day;
