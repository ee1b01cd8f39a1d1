REM A data source of LibreOffice Base over its driver for PostgreSQL and over ODBC: a document is made, stored, opened
REM again and asked. What is read goes into FOLDER/postgresql and FOLDER/odbc for `common.py compare`; the folder and the
REM questions come from variables, see `libreoffice.sh`.

Option Explicit

Sub Main
    Ask("postgresql", "sdbc:postgresql:" & Environ("ADDRESS"))
    Ask("odbc", "sdbc:odbc:hyperslab")
    StarDesktop.terminate()
End Sub

Sub Ask(kind As String, address As String)
    On Error Goto Failed
    Dim part As String
    Dim folder As String
    folder = "file://" & Environ("FOLDER") & "/" & kind & "/"

    part = "connect"
    Dim context As Object, source As Object, document As Object, connection As Object
    context = CreateUnoService("com.sun.star.sdb.DatabaseContext")
    source = context.createInstance()
    source.URL = address
    source.User = Environ("PGUSER")
    If kind = "odbc" Then source.Info = Array(Setting("CharSet", "utf-8"))
    source.DatabaseDocument.storeAsURL(folder & "hyperslab.odb", Array())
    source.DatabaseDocument.close(True)
    document = StarDesktop.loadComponentFromURL(folder & "hyperslab.odb", "_blank", 0, Array(Setting("Hidden", True)))
    connection = document.DataSource.getConnection(Environ("PGUSER"), Environ("PGPASSWORD"))

    part = "tables"
    Dim out As Object, name As String, n As Long
    out = Writer(folder & "tables.csv")
    For n = 0 To UBound(connection.Tables.ElementNames)
        name = connection.Tables.ElementNames(n)
        out.writeString(connection.Tables.getByName(name).SchemaName & "," & connection.Tables.getByName(name).Name & Chr(10))
    Next
    out.closeOutput()

    part = "columns"
    Dim columns As Object
    out = Writer(folder & "columns.csv")
    columns = connection.Tables.getByName(Named(connection.Tables.ElementNames, "public.ersst")).Columns
    For n = 0 To UBound(columns.ElementNames)
        out.writeString(columns.ElementNames(n) & "," & columns.getByName(columns.ElementNames(n)).TypeName & Chr(10))
    Next
    out.closeOutput()

    part = "point"
    Dim statement As Object, values As Variant
    values = Split(Environ("VALUES_POINT"), Chr(10))
    statement = connection.prepareStatement(Environ("SQL_POINT"))
    statement.setTimestamp(1, Moment(values(0)))
    statement.setFloat(2, Val(values(1)))
    statement.setFloat(3, Val(values(2)))
    Rows(folder & "point.csv", statement.executeQuery(), "f")

    part = "city"
    statement = connection.prepareStatement(Environ("SQL_CITY"))
    statement.setString(1, Environ("VALUES_CITY"))
    Rows(folder & "city.csv", statement.executeQuery(), "s")

    statement = connection.createStatement()
    part = "line"
    Rows(folder & "line.csv", statement.executeQuery(Environ("SQL_LINE")), "tff")
    part = "words"
    Rows(folder & "words.csv", statement.executeQuery(Environ("SQL_WORDS")), "ssf")
    part = "attributes"
    Rows(folder & "attributes.csv", statement.executeQuery(Environ("SQL_ATTRIBUTES")), "sss")

    part = "row set"
    Dim rowset As Object
    rowset = CreateUnoService("com.sun.star.sdb.RowSet")
    rowset.ActiveConnection = connection
    rowset.CommandType = com.sun.star.sdb.CommandType.TABLE
    rowset.Command = Named(connection.Tables.ElementNames, "public.cities")
    rowset.execute()
    n = 0
    While rowset.next()
        n = n + 1
    Wend
    If n <> 15 Then MsgLine(kind & ": row set: " & n & " rows, expected 15")

    part = "many"
    Many(folder & "many.csv", statement.executeQuery(Environ("SQL_MANY")))
    connection.close()
    document.close(True)
    Exit Sub
Failed:
    MsgLine(kind & ": " & part & ": " & Error$)
End Sub

Sub Rows(path As String, result As Object, kinds As String)
    Dim out As Object, line As String, n As Integer
    out = Writer(path)
    While result.next()
        line = ""
        For n = 1 To Len(kinds)
            If n > 1 Then line = line & ","
            line = line & Field(result, n, Mid(kinds, n, 1))
        Next
        out.writeString(line & Chr(10))
    Wend
    out.closeOutput()
End Sub

Function Field(result As Object, n As Integer, kind As String) As String
    Dim text As String
    Select Case kind
        Case "t": text = Stamp(result.getTimestamp(n))
        Case "f": text = Trim(Str(result.getDouble(n)))
        Case Else: text = """" & result.getString(n) & """"
    End Select
    If result.wasNull() Then text = "\N"
    Field = text
End Function

Sub Many(path As String, result As Object)
    Dim n As Long, nulls As Long, sst As Double, squared As Double, east As Double, seconds As Double
    Dim lat As Double, value As Double, stamp As String, before As String, since As Double
    While result.next()
        n = n + 1
        stamp = result.getString(1)
        If stamp <> before Then
            before = stamp
            since = (DateSerial(Val(Left(stamp, 4)), Val(Mid(stamp, 6, 2)), Val(Mid(stamp, 9, 2))) - DateSerial(1960, 1, 1)) * 86400
        End If
        seconds = seconds + since
        lat = result.getDouble(2)
        squared = squared + lat * lat
        east = east + result.getDouble(3)
        value = result.getDouble(4)
        If result.wasNull() Then nulls = nulls + 1 Else sst = sst + value
    Wend
    Dim out As Object
    out = Writer(path)
    out.writeString(n & "," & nulls & "," & Trim(Str(sst)) & "," & Trim(Str(squared)) & "," & Trim(Str(east)) & "," & Trim(Str(seconds)) & Chr(10))
    out.closeOutput()
End Sub

Function Named(names As Variant, ending As String) As String
    Dim n As Integer
    For n = 0 To UBound(names)
        If Right(names(n), Len(ending)) = ending Then Named = names(n)
    Next
End Function

Function Setting(name As String, value As Variant) As Object
    Dim made As New com.sun.star.beans.PropertyValue
    made.Name = name
    made.Value = value
    Setting = made
End Function

Function Moment(text As String) As Object
    Dim made As New com.sun.star.util.DateTime
    made.Year = Val(Mid(text, 1, 4))
    made.Month = Val(Mid(text, 6, 2))
    made.Day = Val(Mid(text, 9, 2))
    made.Hours = Val(Mid(text, 12, 2))
    Moment = made
End Function

Function Stamp(moment As Object) As String
    Stamp = moment.Year & "-" & Two(moment.Month) & "-" & Two(moment.Day) & " " & Two(moment.Hours) & ":" & Two(moment.Minutes) & ":" & Two(moment.Seconds)
End Function

Function Two(n As Integer) As String
    Two = Right("0" & n, 2)
End Function

Function Writer(path As String) As Object
    Dim file As Object
    file = CreateUnoService("com.sun.star.ucb.SimpleFileAccess")
    If file.exists(path) Then file.kill(path)
    Dim out As Object
    out = CreateUnoService("com.sun.star.io.TextOutputStream")
    out.setOutputStream(file.openFileWrite(path))
    out.setEncoding("UTF-8")
    Writer = out
End Function

Sub MsgLine(text As String)
    Dim out As Object
    out = Writer("file://" & Environ("FOLDER") & "/failed." & Replace(Left(text, 12), ":", "") & ".txt")
    out.writeString(text & Chr(10))
    out.closeOutput()
End Sub
