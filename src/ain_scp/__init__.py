"""AIN service control point simulator. The rooms are beside this file: `ain_scp.scp`, `ain_scp.dialplan`, ..."""
