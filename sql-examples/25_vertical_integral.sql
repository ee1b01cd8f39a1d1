-- Vertical integral
-- Water in a column of air, in millimetres: humidity by pressure, layer by layer. A layer is a level and the next one
-- above it, of which `lead` knows; the mean of the two weighs by the difference of their pressures.
-- xarray: water = -100 / 9.80665 * ds.q.integrate("level")
--         water.mean(dim=("time", "lon"))[::3]

WITH layers AS (
    SELECT time, lat, lon,
        (q + lead(q) OVER above) / 2 * (level - lead(level) OVER above) * 100 / 9.80665 AS water
    FROM atmosphere
    WINDOW above AS (PARTITION BY time, lat, lon ORDER BY level DESC)
), columns AS (
    SELECT time, lat, lon, sum(water) AS water
    FROM layers
    GROUP BY time, lat, lon
)
SELECT lat, round(avg(water), 2) AS mm
FROM columns
WHERE dim_index(lat) % 3 = 0
GROUP BY lat
ORDER BY lat DESC;
