/** Files that the bundler copies beside the code under a hashed name; the import is their address. */
declare module "*.mp4" {
  const address: string;
  export default address;
}
declare module "*.css";
