/** Absolute path of the folder to serve at `/`. Empty until `npm run build -w @telltale/web`. */
export declare const root: string
