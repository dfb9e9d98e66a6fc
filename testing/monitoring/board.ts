import type { MetricsQuery } from '@grafana/grafana-foundation-sdk/cloudwatch';
import type { Dataquery as AthenaQuery } from '@grafana/grafana-foundation-sdk/athena';
import type { TableFieldOptions } from '@grafana/grafana-foundation-sdk/common';
import type * as grafana from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery as PrometheusQuery } from '@grafana/grafana-foundation-sdk/prometheus';
import type { Options as StatOptions } from '@grafana/grafana-foundation-sdk/stat';
import type { Options as TableOptions } from '@grafana/grafana-foundation-sdk/table';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

/** The form of a type in a file: every key is optional because Grafana has defaults, and enums are their values. */
type InFile<T> = T extends string
  ? `${T}`
  : T extends (infer Element)[]
    ? InFile<Element>[]
    : T extends object
      ? { readonly [Key in keyof T]?: InFile<T[Key]> }
      : T;

type Query<T> = InFile<Omit<T, '_implementsDataqueryVariant'>>;
type Target = Query<PrometheusQuery> | Query<MetricsQuery> | Query<AthenaQuery>;

type PanelOf<Type extends string, Options, Custom> = InFile<
  Omit<grafana.Panel, 'type' | 'targets' | 'options' | 'fieldConfig'>
> & {
  readonly type: Type;
  readonly targets: readonly Target[];
  readonly options?: InFile<Options>;
  readonly fieldConfig?: {
    readonly defaults: InFile<Omit<grafana.FieldConfig, 'custom'>> & { readonly custom?: InFile<Custom> };
    readonly overrides: InFile<grafana.FieldConfigSource['overrides']>;
  };
};

type Row = InFile<Omit<grafana.RowPanel, 'type' | 'panels'>> & {
  readonly type: 'row';
  readonly panels?: readonly never[];
};

/** A board of ours by the types that Grafana publishes for its panels and queries. */
export type Board = InFile<Omit<grafana.Dashboard, 'panels'>> & {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly (
    | PanelOf<'stat', StatOptions, Record<string, never>>
    | PanelOf<'table', TableOptions, TableFieldOptions>
    | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
    | Row
  )[];
};
