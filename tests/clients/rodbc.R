# R with RODBC, over psqlODBC. RODBC binds no parameters: the server prepares.
#
#     Rscript rodbc.R FOLDER
#
# What it reads goes into FOLDER for `common.py compare`; the questions come from variables SQL_….

library(RODBC)

env <- function(name) Sys.getenv(name)
folder <- commandArgs(trailingOnly = TRUE)[1]
address <- paste0(
  "Driver=PostgreSQL Unicode;Server=", env("PGHOST"), ";Port=", env("PGPORT"), ";Database=", env("PGDATABASE"),
  ";Uid=", env("PGUSER"), ";Pwd=", env("PGPASSWORD"), ";UseDeclareFetch=1;Fetch=10000"
)
connection <- odbcDriverConnect(address)
if (!inherits(connection, "RODBC")) quit(status = 1)

write_rows <- function(name, frame) {
  for (column in names(frame)) {
    if (inherits(frame[[column]], "POSIXct")) frame[[column]] <- format(frame[[column]], "%Y-%m-%d %H:%M:%S")
  }
  write.table(
    frame, file.path(folder, paste0(name, ".csv")),
    sep = ",", na = "\\N", quote = which(sapply(frame, is.character)), qmethod = "double",
    row.names = FALSE, col.names = FALSE, fileEncoding = "UTF-8"
  )
}
ask <- function(query) {
  rows <- sqlQuery(connection, query, stringsAsFactors = FALSE, na.strings = "\\N", believeNRows = FALSE)
  if (is.character(rows)) stop(paste(rows, collapse = " "))
  rows
}
part <- function(name, work) tryCatch(work(), error = function(e) message(name, ": ", conditionMessage(e)))

part("tables", function() write_rows("tables", sqlTables(connection, tableType = "TABLE")[, c("TABLE_SCHEM", "TABLE_NAME")]))
part("columns", function() write_rows("columns", sqlColumns(connection, "ersst", schema = "public")[, c("COLUMN_NAME", "TYPE_NAME")]))
part("point", function() {
  values <- strsplit(env("VALUES_POINT"), "\n")[[1]]
  odbcQuery(connection, paste("PREPARE point (timestamp, real, real) AS", env("SQL_POINT")))
  write_rows("point", ask(sprintf("EXECUTE point ('%s', %s, %s)", values[1], values[2], values[3])))
})
part("city", function() {
  odbcQuery(connection, paste("PREPARE city (text) AS", env("SQL_CITY")))
  write_rows("city", ask(sprintf("EXECUTE city ('%s')", env("VALUES_CITY"))))
})
for (name in c("line", "words", "attributes")) {
  part(name, function() write_rows(name, ask(env(paste0("SQL_", toupper(name))))))
}
part("many", function() {
  many <- ask(env("SQL_MANY"))
  stopifnot(inherits(many$time, "POSIXct"))
  seconds <- as.numeric(many$time) - as.numeric(as.POSIXct("1960-01-01"))
  sums <- c(
    nrow(many), sum(is.na(many$sst)), sum(many$sst, na.rm = TRUE), sum(many$lat^2), sum(many$lon), sum(seconds)
  )
  cat(paste(sprintf("%.15g", sums), collapse = ","), "\n", file = file.path(folder, "many.csv"))
})
close(connection)
