// What static/reports/js/chart.js uses of echarts: half of the whole library, in loading and in starting.
import * as core from "echarts/core";
import { BarChart, FunnelChart, HeatmapChart, LineChart, PieChart } from "echarts/charts";
import {
  GraphicComponent, GridComponent, LegendScrollComponent, TitleComponent, TooltipComponent, VisualMapContinuousComponent,
} from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

core.use([
  BarChart, FunnelChart, HeatmapChart, LineChart, PieChart,
  GraphicComponent, GridComponent, LegendScrollComponent, TitleComponent, TooltipComponent, VisualMapContinuousComponent,
  CanvasRenderer,
]);

export const init = core.init;
