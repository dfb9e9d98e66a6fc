@echo off
rem install.cmd <unpacked runtime>: proves that the runtime works on this machine, then links it as "current".
setlocal
"%~f1\bin\node.exe" "%~f1\check.js" || exit /b 1
call "%~f1\link-current.cmd" "%~f1"
