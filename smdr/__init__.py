"""Virtual SMDR: one record per call, sampled at the SCP instead of bought for every switch.

`sample` is taken at s216 and at the termination notification; `distributor` (ISCP form) or `lscp` (LSCP form) stores and
sends it once per hour in the files of `transfer`; `front_end` joins attempt and completion into a `record`; `host`
imports and answers report requests described as data in `request`, printed by the room `reports`; `store` is the one module
that knows SQLite, `warehouse` hands the calls to other engines.

Source: Fig. 10a, 10b, 11; A-240 to A-257; [0182]-[0194].
"""
