-- Reserved.
-- depends: 0018_installation

select 1;
