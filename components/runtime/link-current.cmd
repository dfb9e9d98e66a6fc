@echo off
rem link-current.cmd <folder>: makes "current" in the working directory a junction to <folder>.
setlocal
if exist current rmdir current || exit /b 1
mklink /J current "%~f1" >nul || exit /b 1
