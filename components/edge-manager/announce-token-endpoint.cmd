@echo off
rem Tells the agent where the token exchange service gives credentials; see announce-token-endpoint.sh.
if "%AWS_CONTAINER_CREDENTIALS_FULL_URI%"=="" (
  if exist "%~1\token-endpoint.json" del "%~1\token-endpoint.json"
  echo The token exchange service gave no address: captured data cannot be uploaded. All else works. 1>&2
  exit /b 0
)
if not exist "%~1" mkdir "%~1" || exit /b 1
>"%~1\token-endpoint.new" echo {"uri":"%AWS_CONTAINER_CREDENTIALS_FULL_URI%","token":"%AWS_CONTAINER_AUTHORIZATION_TOKEN%"}
move /y "%~1\token-endpoint.new" "%~1\token-endpoint.json" >nul || exit /b 1
echo The agent knows where to get credentials. Settings of this component hold for it.
