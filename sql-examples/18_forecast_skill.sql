-- Skill of a forecast
-- Root mean square error and bias of the forecasts for each number of days ahead, against what it turned out to be.
-- xarray: error = forecast.t2m - analysis.t2m.sel(time=forecast.init + forecast.lead)
--         over = ("init", "member", "lat", "lon")
--         np.sqrt((error**2).mean(dim=over)), error.mean(dim=over)

WITH error AS (
    SELECT f.lead, f.t2m - a.t2m AS error
    FROM forecast f
    JOIN analysis a ON a.time = f.init + f.lead AND a.lat = f.lat AND a.lon = f.lon
)
SELECT date_part('day', lead) AS day, round(sqrt(avg(error * error)), 3) AS rmse, round(avg(error), 3) AS bias
FROM error
GROUP BY lead
ORDER BY day;
