package contract

// everyCorner uses each record and each choice of ODCS 3.1.0 once.
var everyCorner = []byte(`apiVersion: v3.1.0
kind: DataContract
id: corner
name: Every corner
version: 1.0.0
status: active
tenant: t
domain: d
dataProduct: p
tags: [a, b]
contractCreatedTs: "2026-01-01T00:00:00Z"
slaDefaultElement: person.number
description:
  usage: u
  purpose: p
  limitations: l
  authoritativeDefinitions: [{id: d-1, url: "https://example.org", type: law, description: x}]
  customProperties: [{property: a, value: 1}]
  open: true
authoritativeDefinitions: [{url: u, type: t}]
customProperties: [{id: c1, property: a, value: [1, two, {three: 3}], description: x}]
servers:
  - {id: s-1, server: live, type: postgres, host: h, port: 5432, database: d, schema: s, environment: prod, description: x, roles: [{role: r}], customProperties: [{property: a, value: b}]}
  - {server: files, type: local, path: p, format: csv}
  - {server: drop, type: sftp, location: "sftp://h/p", delimiter: ";"}
  - {server: any, type: custom, host: h, port: 1, location: l}
  - {server: stream, type: kinesis}
schema:
  - id: person
    name: person
    logicalType: object
    physicalName: p
    physicalType: table
    businessName: b
    description: d
    dataGranularityDescription: one row a person
    tags: [t]
    authoritativeDefinitions: [{url: u, type: t}]
    customProperties: [{property: a, value: null}]
    relationships:
      - {type: foreignKey, from: person.number, to: place.code, customProperties: [{property: a, value: b}]}
      - {from: [person.number, person.at], to: [place.code, place.at]}
    quality:
      - {type: text, description: d}
      - {metric: rowCount, mustBeGreaterThan: 0, dimension: coverage, arguments: {a: b}, rule: r, unit: rows}
      - {type: sql, query: SELECT 1, mustBeBetween: [1, 2]}
      - {type: sql, query: SELECT 1, metric: rowCount, mustNotBeBetween: [1, 2]}
      - {type: custom, engine: e, implementation: {a: b}}
      - {type: custom, engine: e, implementation: text, metric: nullValues, mustNotBe: 1}
      - {id: q, name: n, authoritativeDefinitions: [{url: u, type: t}], businessImpact: b, method: m, schedule: s, scheduler: s, severity: error, tags: [t], customProperties: [{property: a, value: b}]}
    properties:
      - id: n-1
        name: number
        physicalName: so
        physicalType: varchar
        logicalType: string
        logicalTypeOptions: {minLength: 1, maxLength: 12.0, pattern: x, format: y}
        primaryKey: true
        primaryKeyPosition: 1
        required: true
        unique: true
        partitioned: false
        partitionKeyPosition: -1
        classification: personal
        encryptedName: e
        transformSourceObjects: [a]
        transformLogic: l
        transformDescription: d
        examples: [a, 1, null, [x], {y: z}]
        criticalDataElement: true
        businessName: b
        description: d
        tags: [t]
        relationships:
          - {to: place.code}
          - {type: foreignKey, to: [place.code, "place.odcs.yaml#schema/place/properties/code"]}
        quality: [{metric: nullValues, mustBe: 0}, {metric: duplicateValues, mustBeLessOrEqualTo: 1, unit: percent}, {metric: missingValues, mustBeGreaterOrEqualTo: 0}, {metric: invalidValues, mustBeLessThan: 1, arguments: {validValues: [a]}}]
      - {name: at, logicalType: timestamp, logicalTypeOptions: {format: f, minimum: a, maximum: b, timezone: true, defaultTimezone: UTC}}
      - {name: day, logicalType: date, logicalTypeOptions: {exclusiveMinimum: a, exclusiveMaximum: b}}
      - {name: hour, logicalType: time, logicalTypeOptions: {minimum: a}}
      - {name: whole, logicalType: integer, logicalTypeOptions: {format: i64, multipleOf: 0.5, minimum: 1, maximum: 2}}
      - {name: part, logicalType: number, logicalTypeOptions: {format: f32, exclusiveMinimum: 1, exclusiveMaximum: 2}}
      - {name: yes, logicalType: boolean, logicalTypeOptions: {anything: 1}}
      - name: nested
        logicalType: object
        logicalTypeOptions: {minProperties: 0, maxProperties: 2, required: [a, b]}
        properties: [{name: a, logicalType: string}]
      - name: several
        logicalType: array
        logicalTypeOptions: {minItems: 0, maxItems: 2, uniqueItems: true}
        items: {logicalType: object, properties: [{name: b}]}
      - {name: untyped, logicalTypeOptions: {}, properties: [{name: c}], items: {name: d}}
  - name: place
    properties: [{name: code, logicalType: string}, {name: at, logicalType: string}]
support:
  - {id: s, channel: c, url: u, description: d, tool: t, scope: s, invitationUrl: i, customProperties: [{property: a, value: b}]}
price: {id: p, priceAmount: 1.5, priceCurrency: VND, priceUnit: row}
team:
  id: t
  name: n
  description: d
  tags: [t]
  customProperties: [{property: a, value: b}]
  authoritativeDefinitions: [{url: u, type: t}]
  members:
    - {id: m, username: u, name: n, description: d, role: r, dateIn: "2026-01-01", dateOut: "2026-02-01", replacedByUsername: v, tags: [t], customProperties: [{property: a, value: b}], authoritativeDefinitions: [{url: u, type: t}]}
roles:
  - {id: r, role: r, description: d, access: a, firstLevelApprovers: f, secondLevelApprovers: s, customProperties: [{property: a, value: b}]}
slaProperties:
  - {id: l, property: latency, value: 4, valueExt: 5, unit: d, element: person.at, driver: regulatory, description: d, scheduler: s, schedule: s}
  - {property: retention, value: null}
`)
