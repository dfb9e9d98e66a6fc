@echo off
rem run.cmd <root folder of the nucleus> <execution providers>: runs the agent, on the Node.js and the native packages of edgeml.Runtime.
setlocal
set "runtime=%~1\work\edgeml.Runtime\current"
set "NODE_PATH=%runtime%\node_modules"
set "EDGEML_PROVIDERS=%~2"
"%runtime%\bin\node.exe" "%~dp0agent.js"
