from cloudwatch_mcp.cli import main

main()
